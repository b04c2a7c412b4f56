import ISA
import Object

/// What an instruction does with the stack of its own function.
struct StackEffect: Hashable, Sendable {
    /// Bytes that it may read, or that may be read before the next instruction runs.
    var reads = StackBytes.none
    /// Bytes that it surely overwrites, without reading them.
    var writes = StackBytes.none
    /// Whether a callee may read any of it while it is active.
    var escapes = false

    static let none = StackEffect()
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
        switch InstructionTable.entry(of: operation).operands {
        case .aluImm:
            registers[dst] = compute(operation, registers[dst], .constant(Int64(instruction.imm)))
        case .aluReg:
            registers[dst] = compute(operation, registers[dst], registers[src])
        case .unary:
            registers[dst] = registers[dst].blurred
        case .load:
            let base = registers[src]
            registers[dst] = operation == .ldx64 ? load(through: base, offset: offset) : .other
            return StackEffect(reads: bytes(base, offset, operation.accessBytes))
        case .storeImm, .storeReg:
            let base = registers[dst]
            let value = operation.isStoreImm ? StackAddress.other : registers[src]
            let count = operation.accessBytes
            store(count == 8 ? value : .other, through: base, offset: offset, bytes: count)
            guard case .stack = base else { return .none }
            return StackEffect(writes: bytes(base, offset, count))
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
            let effect = StackEffect(reads: escapes ? .all : .none, escapes: escapes)
            finishCall(effect)
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
        return StackEffect(reads: bytes(base, offset, count))
    }

    /// A call leaves r0, a number or a pointer to something else, and takes r1 to r5. A callee never puts an address of
    /// a stack into its caller's stack, nor returns one: that is refused when its path is followed.
    private mutating func finishCall(_ effect: StackEffect) {
        for index in 0...5 { registers[index] = .other }
        if effect.escapes { blurSpills() }
    }

    private func bytes(_ base: StackAddress, _ offset: Int, _ count: Int) -> StackBytes {
        switch base {
        case .stack(let from):
            let start = from + offset
            // Outside it is refused when the path is followed.
            return start >= -512 && start + count <= 0 ? StackBytes(offsets: start..<(start + count)) : .none
        case .anywhere: return .all
        case .other, .constant, .map: return .none
        }
    }
}

extension StackEffect {
    /// What a call of this helper does with the stack, given what r1 to r5 hold.
    static func ofHelper(_ number: UInt32, _ before: StackAddresses, maps: [MapDescription]) -> StackEffect {
        let arguments = before.registers[1...5]
        guard arguments.contains(where: \.mayBeStack) else { return .none }
        guard let helper = HelperTable.prototype(number), !helper.traits.contains(.callsBack), !helper.isLeftOut else {
            // A callback may use all of the stack that its context lies in.
            return StackEffect(reads: .all, escapes: true)
        }
        var effect = StackEffect()
        let map = helper.map(arguments, maps)
        for (index, argument) in arguments.enumerated() {
            switch argument {
            case .stack(let offset):
                let bytes = helper.bytesRead(index, arguments, map)
                // Without a size: from there upwards.
                let end = bytes.map { offset + $0 } ?? 0
                if offset < end { effect.reads.formUnion(StackBytes(offsets: offset..<end)) }
            case .anywhere where helper.bytesRead(index, arguments, map) != 0:
                effect.reads = .all
            case .anywhere, .other, .constant, .map: break
            }
        }
        return effect
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
        default: return nil
        }
    }
}

extension Operation {
    var isStoreImm: Bool { InstructionTable.entry(of: self).operands == .storeImm }

    /// Bytes of memory that a load, store or atomic operation accesses; 0 for all else.
    var accessBytes: Int {
        let entry = InstructionTable.entry(of: self)
        switch entry.operands {
        case .load, .storeImm, .storeReg, .atomic: break
        default: return 0
        }
        // Bits 3-4 of the opcode. RFC 9669 section 5.
        return switch entry.opcode & 0x18 {
        case 0x00: 4
        case 0x08: 2
        case 0x10: 1
        default: 8
        }
    }
}
