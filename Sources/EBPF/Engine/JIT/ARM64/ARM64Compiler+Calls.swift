import ISA
import Maps

// Calls of helpers and of maps' functions.
extension ARM64Compiler {
    mutating func writeHelperCall(_ step: NativeStep, _ index: Int) {
        guard let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm)) else {
            assembler.jump(faultExit(.badCall, index))
            return
        }
        if helper == .getSmpProcessorID {
            assembler.load(.bits32, register(0), field(NativeLayout.State.slot))
            payHelper(cost(helper), index)
            return
        }
        // Verified programs don't read r1 to r5 after a call; the interpreter leaves them.
        let kept = keep(flow.liveAfter(index) & NativeStep.arguments)
        let cost = cost(helper)
        // Without a price that is known now, the call must tell it.
        if let entry = NativeHelpers.entry(helper), cost != nil || !tracksFuel {
            assembler.mov(.bits64, .x5, Self.state)
            call(unsafeBitCast(entry, to: UInt.self))
            assembler.mov(.bits64, register(0), .x0)
        } else {
            callByNumber(index) { compiler in compiler.assembler.mov(.x0, compiler.bits(step.imm, .bits32)) }
        }
        restore(kept)
        payHelper(cost, index)
    }

    /// The price of a call in this place; nil where it depends on the map, or the call tells it.
    private func cost(_ helper: Helper) -> Int? {
        switch helper {
        case .mapLookupElem, .mapUpdateElem, .mapDeleteElem: knownMap.map { program.fuel.cost(helper, map: $0) }
        default: helper.entry?.fixedCost
        }
    }

    /// The map that r1 points to, where that is known.
    private var knownMap: MapCore? {
        constants[1].flatMap { core.pointee.mapIndex($0) }.map { core.pointee.maps[$0] }
    }

    /// Of a function, which leaves all but the scratch registers, r0 to r5 and the link register.
    private mutating func call(_ address: UInt) {
        if program.hasFrames { assembler.pushPair(.x29, .x30) }
        mov(Self.scratch, address: address)
        assembler.call(Self.scratch)
        if program.hasFrames { assembler.popPair(.x29, .x30) }
    }

    /// Calls `NativeHelpers.call`, with r1 to r5 and the result in `RunState.registers`. `number` puts a helper's number
    /// into x0, after r1 was saved.
    mutating func callByNumber(_ index: Int, _ number: (inout ARM64Compiler) -> Void) {
        let registers = Self.scratch
        assembler.load(.bits64, registers, field(NativeLayout.State.registers))
        for argument in UInt8(1)...5 {
            assembler.store(.bits64, ARM64Address(registers, Int32(argument) * 8), register(argument))
        }
        number(&self)
        mov(.x1, address: UInt(bitPattern: core))
        assembler.mov(.bits64, .x2, Self.state)
        call(unsafeBitCast(NativeHelpers.call, to: UInt.self))
        // Of a truth value only the lowest byte is defined.
        assembler.extendZero(.bits8, .x0, .x0)
        assembler.jumpIfZero(.bits32, .x0, faultExit(nil, index))
        assembler.load(.bits64, registers, field(NativeLayout.State.registers))
        assembler.load(.bits64, register(0), ARM64Address(registers))
    }

    /// Pushes registers by pairs. They are to be given to `restore`.
    mutating func keep(_ set: RegisterSet) -> [ARM64Register] {
        var kept = (UInt8(0)...9).filter { set & 1 << RegisterSet($0) != 0 }.map(register)
        if kept.count % 2 != 0 { kept.append(.zero) }
        for index in stride(from: 0, to: kept.count, by: 2) { assembler.pushPair(kept[index], kept[index + 1]) }
        return kept
    }

    mutating func restore(_ kept: [ARM64Register]) {
        for index in stride(from: 0, to: kept.count, by: 2).reversed() {
            assembler.popPair(kept[index], kept[index + 1])
        }
    }

    // MARK: Maps that are known

    /// Key, value and flags are where the function wants them. Verified programs don't read r1 to r5 after a call.
    mutating func writeMapCall(_ step: NativeStep, _ index: Int) {
        let map = core.pointee.maps[Int(step.offset)]
        let functions = map.functions
        let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm))
        mov(.x0, address: UInt(bitPattern: functions.map))
        let slot = field(NativeLayout.State.slot)
        switch helper {
        case .mapUpdateElem:
            assembler.load(.bits64, .x4, slot)
            call(unsafeBitCast(functions.update, to: UInt.self))
        case .mapDeleteElem:
            assembler.load(.bits64, .x2, slot)
            call(unsafeBitCast(functions.delete, to: UInt.self))
        default:
            assembler.load(.bits64, .x2, slot)
            call(unsafeBitCast(functions.lookup, to: UInt.self))
        }
        assembler.mov(.bits64, register(0), .x0)
        if let helper { payHelper(program.fuel.cost(helper, map: map), index) }
    }
}
