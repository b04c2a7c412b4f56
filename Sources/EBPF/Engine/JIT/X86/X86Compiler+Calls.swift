import ISA
import Maps

// Calls of helpers and of subprograms, and their return.
extension X86Compiler {
    // MARK: Helpers

    mutating func writeHelperCall(_ step: NativeStep, _ index: Int) {
        guard let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm)) else {
            assembler.jump(faultExit(.badCall, index))
            return
        }
        if helper == .getSmpProcessorID {
            assembler.load(.bits32, .rax, X86Address(Self.state, NativeLayout.State.slot))
            payHelper(cost(helper), index)
            return
        }
        if helper == .tailCall { return writeTailCall(step, index) }
        // Verified programs don't read r1 to r5 after a call; the interpreter leaves them.
        let kept = keep(flow.liveAfter(index) & NativeStep.arguments)
        let cost = cost(helper)
        // Without a price that is known now, the call must tell it.
        if let entry = NativeHelpers.entry(helper), cost != nil || !tracksFuel {
            spillFuel()
            assembler.mov(.bits64, .r9, Self.state)
            call(unsafeBitCast(entry, to: Int.self))
        } else {
            spillFuel()
            callByNumber(index) { compiler in compiler.assembler.mov(.rdi, step.imm) }
        }
        restore(kept)
        loadFuel()
        payHelper(cost, index)
    }

    /// Where the call led to another program, the run or the subprogram ends with its result.
    private mutating func writeTailCall(_ step: NativeStep, _ index: Int) {
        let kept = keep(flow.liveAfter(index) & NativeStep.arguments)
        let goesOn = assembler.label()
        spillFuel()
        if !hasFrames { assembler.load(.bits64, Self.scratch, X86Address(Self.state, NativeLayout.State.stackTop)) }
        assembler.load(.bits64, .rax, X86Address(Self.state, NativeLayout.State.registers))
        assembler.store(.bits64, X86Address(.rax, 10 * 8), hasFrames ? .rbp : Self.scratch)
        // r1 to r3 are where C has its first arguments.
        assembler.mov(.rcx, Int64(Int(bitPattern: core)))
        assembler.mov(.bits64, .r8, Self.state)
        call(unsafeBitCast(TailCall.native, to: Int.self))
        loadHelperResult(index)
        restore(kept)
        loadFuel()
        payHelper(nil, index)
        assembler.alu(.cmp, .bits64, X86Address(Self.state, NativeLayout.State.didTailCall), 0)
        assembler.jump(.equal, goesOn)
        writeExit(index)
        assembler.bind(goesOn)
    }

    /// The price of a call in this place; nil where it depends on the map, or the call tells it.
    private func cost(_ helper: Helper) -> Int? {
        switch helper {
        case .mapLookupElem, .mapUpdateElem, .mapDeleteElem: knownMap.map { fuel.cost(helper, map: $0) }
        default: helper.entry?.fixedCost
        }
    }

    /// The map that r1 points to, where that is known.
    private var knownMap: MapCore? {
        constants[1].flatMap { core.pointee.mapIndex($0) }.map { core.pointee.maps[$0] }
    }

    mutating func call(_ address: Int) {
        assembler.mov(Self.scratch, Int64(address))
        assembler.call(Self.scratch)
    }

    /// Calls `NativeHelpers.call`, with r1 to r5 and the result in `RunState.registers`. `number` puts a helper's number
    /// into rdi, after r1 was saved.
    private mutating func callByNumber(_ index: Int, _ number: (inout X86Compiler) -> Void) {
        assembler.load(.bits64, .rax, X86Address(Self.state, NativeLayout.State.registers))
        for argument in UInt8(1)...5 {
            assembler.store(.bits64, X86Address(.rax, Int32(argument) * 8), register(argument))
        }
        if flow.hasCallbacks { assembler.store(.bits64, X86Address(.rax, 80), register(10)) }
        number(&self)
        assembler.mov(.rsi, Int64(Int(bitPattern: core)))
        assembler.mov(.bits64, .rdx, Self.state)
        call(unsafeBitCast(NativeHelpers.call, to: Int.self))
        loadHelperResult(index)
    }

    /// Of a call that says in al whether it was one, and leaves r0 in `RunState.registers`.
    private mutating func loadHelperResult(_ index: Int) {
        assembler.test(.bits8, .rax, .rax)
        assembler.jump(.equal, faultExit(nil, index))
        assembler.load(.bits64, .rax, X86Address(Self.state, NativeLayout.State.registers))
        assembler.load(.bits64, .rax, X86Address(.rax))
    }

    /// Pushes registers, and what keeps the stack aligned. They are to be given to `restore`.
    private mutating func keep(_ set: RegisterSet) -> [X86Register] {
        let kept = (UInt8(0)...9).filter { set & 1 << RegisterSet($0) != 0 }.map(register)
        for register in kept { assembler.push(register) }
        if kept.count % 2 != 0 { assembler.push(kept[0]) }
        return kept
    }

    private mutating func restore(_ kept: [X86Register]) {
        if kept.count % 2 != 0 { assembler.lea(.bits64, .rsp, X86Address(.rsp, 8)) }
        for register in kept.reversed() { assembler.pop(register) }
    }

    // MARK: Fuel

    mutating func spillFuel() {
        if tracksFuel { assembler.store(.bits64, X86Address(Self.state, NativeLayout.State.fuel), Self.fuelRegister) }
    }

    mutating func loadFuel() {
        guard tracksFuel else { return }
        assembler.load(.bits64, Self.fuelRegister, X86Address(Self.state, NativeLayout.State.fuel))
    }

    /// Nil: what the helper said.
    mutating func payHelper(_ cost: Int?, _ index: Int) {
        guard tracksFuel else { return }
        if let cost, let small = Int32(exactly: cost) {
            assembler.alu(.sub, .bits64, Self.fuelRegister, small)
        } else if let cost {
            assembler.mov(Self.scratch, Int64(cost))
            assembler.alu(.sub, .bits64, Self.fuelRegister, Self.scratch)
        } else {
            assembler.alu(
                .sub, .bits64, Self.fuelRegister, X86Address(Self.state, NativeLayout.State.helperCost))
        }
        assembler.jump(.negative, faultExit(.outOfFuel, index))
    }

    // MARK: Subprograms

    mutating func writeLocalCall(_ step: NativeStep, _ index: Int) {
        let target = index + 1 + Int(step.offset)
        checkDepth(index)
        let kept = enter(index, entry: Int64(target))
        assembler.call(label(target))
        leave(kept)
    }

    /// Calls the step that a function pointer names, or a helper by its number.
    mutating func writeCallx(_ step: NativeStep, _ index: Int) {
        let helper = assembler.label()
        let done = assembler.label()
        let dst = register(step.dst)
        assembler.mov(.bits64, Self.scratch, dst)
        assembler.shift(.shr, .bits64, Self.scratch, by: 32)
        assembler.alu(
            .cmp, .bits32, Self.scratch, Int32(bitPattern: UInt32(truncatingIfNeeded: FunctionPointer.tag >> 32)))
        assembler.jump(.notEqual, helper)
        assembler.alu(.cmp, .bits32, dst, Int32(truncatingIfNeeded: steps.count))
        assembler.jump(.aboveEqual, helper)
        checkDepth(index)
        assembler.mov(.bits32, Self.scratch2, dst)
        let kept = enter(index, entry: nil)
        assembler.lea(Self.scratch, assembler.table)
        assembler.loadSigned(.bits32, Self.scratch2, X86Address(Self.scratch, index: Self.scratch2, scale: 4))
        assembler.alu(.add, .bits64, Self.scratch, Self.scratch2)
        assembler.call(Self.scratch)
        leave(kept)
        assembler.jump(done)

        assembler.bind(helper)
        let saved = keep(flow.liveAfter(index) & NativeStep.arguments)
        spillFuel()
        assembler.mov(.bits64, Self.scratch2, dst)
        // What has bits above the 32nd is no helper's number.
        callByNumber(index) { compiler in
            let small = compiler.assembler.label()
            compiler.assembler.mov(.bits64, Self.scratch, Self.scratch2)
            compiler.assembler.shift(.shr, .bits64, Self.scratch, by: 32)
            compiler.assembler.mov(.bits32, .rdi, Self.scratch2)
            compiler.assembler.jump(.equal, small)
            compiler.assembler.mov(.rdi, 0xFFFF_FFFF)
            compiler.assembler.bind(small)
        }
        restore(saved)
        loadFuel()
        payHelper(nil, index)
        assembler.bind(done)
    }

    /// The verifier counts a verified program's frames.
    private mutating func checkDepth(_ index: Int) {
        guard source.facts == nil else { return }
        let deepest = Int32(RunState.stackBytes * (RunState.maxFrames - 2))
        assembler.lea(.bits64, Self.scratch, X86Address(.rbp, deepest))
        assembler.alu(.cmp, .bits64, Self.scratch, X86Address(Self.state, NativeLayout.State.stackTop))
        assembler.jump(.below, faultExit(.callDepth, index))
    }

    /// Saves what the caller still needs of r6 to r9 and, on top, the callee's first step, which `exit` wants to know.
    ///
    /// - Parameter entry: nil: it is in the second scratch register.
    private mutating func enter(_ index: Int, entry: Int64?) -> Int {
        let set = flow.liveAfter(index) & NativeStep.preserved
        for number in UInt8(6)...9 where set & 1 << RegisterSet(number) != 0 { assembler.push(register(number)) }
        // With the return address and the entry the stack stays aligned to 16 bytes.
        if set.nonzeroBitCount % 2 != 0 { assembler.push(Self.scratch2) }
        if let entry { assembler.mov(Self.scratch2, entry) }
        assembler.push(Self.scratch2)
        assembler.alu(.sub, .bits64, .rbp, Int32(RunState.stackBytes))
        return Int(set)
    }

    private mutating func leave(_ kept: Int) {
        let set = RegisterSet(truncatingIfNeeded: kept)
        assembler.alu(.sub, .bits64, .rbp, Int32(-RunState.stackBytes))
        assembler.alu(.sub, .bits64, .rsp, set.nonzeroBitCount % 2 != 0 ? -16 : -8)
        for number in (UInt8(6)...9).reversed() where set & 1 << RegisterSet(number) != 0 {
            assembler.pop(register(number))
        }
    }

    /// Ends the run, or returns to the caller and pays for what the subprogram took.
    mutating func writeExit(_ index: Int) {
        guard hasFrames else {
            assembler.jump(exitLabel)
            return
        }
        if tracksFuel {
            let free = assembler.label()
            let forward = assembler.label()
            assembler.alu(.cmp, .bits64, .rbp, X86Address(Self.state, NativeLayout.State.stackTop))
            assembler.jump(.equal, free)
            assembler.mov(Self.scratch, Int64(index))
            assembler.alu(.sub, .bits64, Self.scratch, X86Address(.rsp, 8))
            assembler.jump(.notNegative, forward)
            assembler.mov(Self.scratch, 0)
            assembler.bind(forward)
            assembler.alu(.add, .bits64, Self.scratch, 1)
            assembler.alu(.sub, .bits64, Self.fuelRegister, Self.scratch)
            assembler.jump(.negative, faultExit(.outOfFuel, index))
            assembler.bind(free)
        }
        assembler.ret()
    }

    /// Where each step is, for `callx`.
    mutating func writeTable() {
        assembler.bind(assembler.table)
        for index in steps.indices { assembler.site(.tableEntry, label(index), size: 4) }
    }
}
