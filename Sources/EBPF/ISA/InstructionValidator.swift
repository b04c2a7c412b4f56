/// Checks that instructions are well formed, each by itself and as a program: what RFC 9669 lets a runtime rely on.
///
/// It says nothing of what they do: memory, helpers and loops are for the verifier and the engine.
public enum InstructionValidator {
    /// Throws the first flaw, in the order of slots.
    ///
    /// Checked: instructions that the table has, registers, no writes to r10, unused fields zero, `LDDW` with its
    /// second slot, targets of jumps and calls inside the program and at an instruction, and an end that execution
    /// cannot run past.
    public static func validate(_ instructions: [Instruction]) throws(ISAError) {
        guard !instructions.isEmpty else { throw .empty }
        let starts = try check(instructions)
        var slot = 0
        var last = 0
        while slot < instructions.count {
            if let target = target(of: instructions[slot], at: slot) {
                guard instructions.indices.contains(target) else { throw .jumpOutside(target: target, at: slot) }
                guard starts[target] else { throw .jumpIntoWide(target: target, at: slot) }
            }
            last = slot
            slot += instructions[slot].isWide ? 2 : 1
        }
        switch InstructionTable.operation(of: instructions[last]) {
        case .exit, .ja, .ja32: break
        default: throw .fallsOffEnd(at: last)
        }
    }

    /// Each instruction by itself. Answers which slots begin one.
    private static func check(_ instructions: [Instruction]) throws(ISAError) -> [Bool] {
        var starts = [Bool](repeating: false, count: instructions.count)
        var slot = 0
        while slot < instructions.count {
            starts[slot] = true
            let insn = instructions[slot]
            guard let entry = InstructionTable.entry(for: insn) else { throw unknown(insn, at: slot) }
            for field in [InstructionField.dst, .src, .offset, .imm] where field != entry.selector?.field {
                let value = insn.value(of: field)
                switch entry.role(of: field) {
                case .unused where value != 0: throw .reserved(field, value, at: slot)
                case .register where value > 10: throw .badRegister(UInt8(value), at: slot)
                case .unused, .register, .value: break
                }
            }
            if entry.operation.writtenRegister(insn) == 10 { throw .writesFramePointer(at: slot) }
            if insn.isWide { try checkWide(instructions, at: slot) }
            slot += insn.isWide ? 2 : 1
        }
        return starts
    }

    private static func checkWide(_ instructions: [Instruction], at slot: Int) throws(ISAError) {
        let insn = instructions[slot]
        guard let source = WideSource(rawValue: insn.src) else {
            throw .unknownSelector(opcode: insn.opcode, .src, Int32(insn.src), at: slot)
        }
        guard slot + 1 < instructions.count else { throw .truncatedWide(at: slot) }
        let next = instructions[slot + 1]
        guard next == Instruction(opcode: 0, imm: next.imm) else { throw .badSecondSlot(at: slot + 1) }
        if !source.usesNextImm, next.imm != 0 { throw .reserved(.nextImm, next.imm, at: slot) }
    }

    /// The more telling of the two reasons why the table has no such instruction.
    private static func unknown(_ insn: Instruction, at slot: Int) -> ISAError {
        guard let field = InstructionTable.entries(opcode: insn.opcode).first?.selector?.field else {
            return .unknownOpcode(insn.opcode, at: slot)
        }
        return .unknownSelector(opcode: insn.opcode, field, insn.value(of: field), at: slot)
    }

    /// The slot that `insn` may go to other than the next; nil if none.
    private static func target(of insn: Instruction, at slot: Int) -> Int? {
        guard let entry = InstructionTable.entry(for: insn) else { return nil }
        switch entry.operands {
        case .jump, .jumpImm, .jumpReg: return slot + 1 + Int(insn.offset)
        case .jumpLong, .callLocal: return slot + 1 + Int(insn.imm)
        case .wide where insn.src == WideSource.function.rawValue: return slot + 1 + Int(insn.imm)
        default: return nil
        }
    }
}

extension Operation {
    /// The register among the operands of `insn` that this operation writes; nil if none, or one that no operand names.
    func writtenRegister(_ insn: Instruction) -> UInt8? {
        switch InstructionTable.entry(of: self).operands {
        case .aluImm, .aluReg, .unary, .load, .wide: insn.dst
        case .atomic:
            // All with the FETCH bit write src, but CMPXCHG, which writes r0.
            insn.imm & 1 == 1 && insn.imm != Opcode.Atomic.cmpxchg.rawValue ? insn.src : nil
        case .jumpImm, .jumpReg, .jump, .jumpLong, .callHelper, .callKfunc, .callLocal, .callReg, .none, .storeImm,
            .storeReg, .packetAbsolute, .packetIndirect:
            nil
        }
    }
}
