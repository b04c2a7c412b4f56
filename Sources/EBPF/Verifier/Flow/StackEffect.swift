import ISA
import Object

/// What an instruction does with the stack of its own function.
enum StackEffect: Hashable, Sendable {
    case none
    /// It may read these offsets from r10.
    case read(from: Int16, to: Int16)
    case readSet(Boxed)
    case readAll
    /// It overwrites them all, without reading any.
    case write(from: Int16, to: Int16)
    /// A callee may read all of it while it is active.
    case escape

    /// Out of line: most effects need no set.
    final class Boxed: Hashable, Sendable {
        let bytes: StackBytes

        init(_ bytes: StackBytes) { self.bytes = bytes }

        static func == (a: Boxed, b: Boxed) -> Bool { a.bytes == b.bytes }
        func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
    }

    /// What is live before the instruction, given what is after it.
    func apply(to live: inout StackBytes) {
        switch self {
        case .none: break
        case .read(let from, let to): live.formUnion(StackBytes(offsets: Int(from)..<Int(to)))
        case .readSet(let set): live.formUnion(set.bytes)
        case .readAll, .escape: live = .all
        case .write(let from, let to): live.subtract(StackBytes(offsets: Int(from)..<Int(to)))
        }
    }
}

extension StackAddresses {
    /// Runs `instruction`: changes what registers hold, and answers what it does with the stack. `upper`: `imm` of the
    /// second slot of an `LDDW`.
    mutating func run(
        _ operation: Operation, _ instruction: Instruction, upper: Int32, maps: [MapDescription]
    ) -> StackEffect {
        let dst = Int(instruction.dst)
        let src = Int(instruction.src)
        let offset = Int(instruction.offset)
        switch operation.operands {
        case .aluImm:
            registers[dst] = compute(operation, registers[dst], .constant(Int64(instruction.imm)))
        case .aluReg:
            registers[dst] = compute(operation, registers[dst], registers[src])
        case .unary:
            registers[dst] = registers[dst].blurred
        case .load:
            let base = registers[src]
            registers[dst] = operation == .ldx64 ? load(through: base, offset: offset) : .other
            return read(base, offset, operation.accessBytes)
        case .storeImm, .storeReg:
            let base = registers[dst]
            let value = operation.operands == .storeImm ? StackAddress.other : registers[src]
            let count = operation.accessBytes
            store(count == 8 ? value : .other, through: base, offset: offset, bytes: count)
            guard case .stack(let from) = base, Self.isWithin(from + offset, count) else { return .none }
            return .write(from: Int16(from + offset), to: Int16(from + offset + count))
        case .atomic:
            return runAtomic(operation, instruction)
        case .wide:
            switch WideSource(rawValue: instruction.src) {
            case .imm64:
                registers[dst] = .constant(Int64(upper) << 32 | Int64(UInt32(bitPattern: instruction.imm)))
            case .map: registers[dst] = .map(instruction.imm)
            default: registers[dst] = .other
            }
        case .callHelper:
            let effect = StackEffect.ofHelper(UInt32(bitPattern: instruction.imm), self, maps: maps)
            finishCall(effect)
            return effect
        case .callLocal, .callKfunc, .callReg:
            let escapes = registers[1...5].contains(where: \.mayBeStack)
            let effect = escapes ? StackEffect.escape : .none
            finishCall(effect)
            // A function may return the address that it was given.
            if escapes { registers[0] = .anywhere }
            return effect
        case .packetAbsolute, .packetIndirect:
            finishCall(.none)
        case .jumpImm, .jumpReg, .jump, .jumpLong, .none: break
        }
        return .none
    }

    private func compute(_ operation: Operation, _ a: StackAddress, _ b: StackAddress) -> StackAddress {
        switch operation {
        case .mov64Imm, .mov64Reg: return b
        case .add64Imm, .add64Reg: return a + b
        case .sub64Imm, .sub64Reg: return b.mayBeStack ? .anywhere : a + b.negated
        case .mov32Imm, .mov32Reg:
            if case .constant(let value) = b { return .constant(Int64(UInt32(truncatingIfNeeded: value))) }
            return b.blurred
        default: return a.mayBeStack || b.mayBeStack ? .anywhere : .other
        }
    }

    private mutating func runAtomic(_ operation: Operation, _ instruction: Instruction) -> StackEffect {
        let base = registers[Int(instruction.dst)]
        let offset = Int(instruction.offset)
        let count = operation.accessBytes
        let old = load(through: base, offset: offset)
        let new = registers[Int(instruction.src)]
        // Whether it stores depends, for some: what is there may stay.
        store(old.joined(new).blurred, through: base, offset: offset, bytes: count)
        if operation == .atomicCmpxchg32 || operation == .atomicCmpxchg64 {
            registers[0] = registers[0].joined(old).blurred
        } else if instruction.imm & 1 == 1 {
            registers[Int(instruction.src)] = new.joined(old).blurred
        }
        return read(base, offset, count)
    }

    /// A call takes r0 to r5. Who was given an address of the stack may have left it there.
    private mutating func finishCall(_ effect: StackEffect) {
        for index in 0...5 { registers[index] = .other }
        if effect == .escape { escape() }
    }

    private func read(_ base: StackAddress, _ offset: Int, _ count: Int) -> StackEffect {
        switch base {
        case .stack(let from):
            guard Self.isWithin(from + offset, count) else { return .none }
            return .read(from: Int16(from + offset), to: Int16(from + offset + count))
        case .anywhere: return .readAll
        case .other, .constant, .map: return .none
        }
    }

    /// Whether an access is to the stack; all else is refused when the path is followed.
    private static func isWithin(_ start: Int, _ count: Int) -> Bool { start >= -512 && start + count <= 0 }
}

extension StackEffect {
    /// What a call of this helper does with the stack, given what r1 to r5 hold.
    static func ofHelper(_ number: UInt32, _ before: StackAddresses, maps: [MapDescription]) -> StackEffect {
        let arguments = before.registers[1...5]
        guard arguments.contains(where: \.mayBeStack) else { return .none }
        guard let helper = HelperTable.prototype(number), !helper.traits.contains(.callsBack), !helper.isLeftOut else {
            // A callback may use all of the stack that its context lies in.
            return .escape
        }
        var read = StackBytes.none
        let map = helper.map(arguments, maps)
        for (index, argument) in arguments.enumerated() where argument.mayBeStack {
            let bytes = helper.bytesRead(index, arguments, map)
            guard case .stack(let offset) = argument else {
                if bytes != 0 { return .readAll }
                continue
            }
            // Without a size: from there upwards.
            let end = bytes.map { offset + $0 } ?? 0
            if offset < end { read.formUnion(StackBytes(offsets: offset..<end)) }
        }
        return read.isEmpty ? .none : .readSet(Boxed(read))
    }
}

extension HelperPrototype {
    /// The map that the call is on, where that is known.
    fileprivate func map(_ registers: ArraySlice<StackAddress>, _ maps: [MapDescription]) -> MapAttributes? {
        guard let index = arguments.firstIndex(of: .constMapPointer),
            case .map(let map) = registers[registers.startIndex + index], maps.indices.contains(Int(map))
        else { return nil }
        return maps[Int(map)].attributes
    }

    /// Bytes that are read from the address in argument `index`, counted from 0; nil where that is not known.
    fileprivate func bytesRead(_ index: Int, _ registers: ArraySlice<StackAddress>, _ map: MapAttributes?) -> Int? {
        guard index < arguments.count else { return traits.contains(.variadic) ? nil : 0 }
        switch map.map({ argument(index, on: $0.type) }) ?? arguments[index] {
        case .mapKey: return map?.keySize
        case .mapValue(.write, _) where map != nil: return 0
        case .mapValue: return map?.valueSize
        case .memory(.write, _): return 0
        case .memory:
            if case .constant(let size) = registers[registers.startIndex + index + 1], (0...512).contains(size) {
                return Int(size)
            }
            return nil
        case .fixedMemory(let access, let bytes, _): return access == .write ? 0 : bytes
        case .stackOrNull, .constString: return nil
        // Numbers, and addresses of other things: one of the stack is refused when the path is followed.
        default: return 0
        }
    }
}
