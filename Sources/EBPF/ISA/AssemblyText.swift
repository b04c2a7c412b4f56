/// An instruction as source for the `Assembler`.
enum AssemblyText {
    /// A statement that assembles to exactly `piece`, which has both slots of `LDDW`; bits that no instruction has are
    /// written as numbers.
    static func text(_ piece: ArraySlice<Instruction>) -> String {
        guard let entry = InstructionTable.entry(for: piece.first!), isCanonical(entry, piece) else {
            return piece.map { ".quad 0x" + String($0.wire, radix: 16) }.joined(separator: "\n")
        }
        let operands = operands(entry, piece.first!, next: piece.last!.imm)
        return operands.isEmpty ? entry.mnemonic : "\(entry.mnemonic) \(operands)"
    }

    /// Whether source can express every bit.
    private static func isCanonical(_ entry: InstructionTable.Entry, _ piece: ArraySlice<Instruction>) -> Bool {
        let insn = piece.first!
        for field in [InstructionField.dst, .src, .offset, .imm] where field != entry.selector?.field {
            let value = insn.value(of: field)
            switch entry.role(of: field) {
            case .unused where value != 0: return false
            case .register where value > 10: return false
            case .unused, .register, .value: break
            }
        }
        guard entry.operands == .wide else { return true }
        guard piece.count == 2, let source = WideSource(rawValue: insn.src) else { return false }
        let next = piece.last!
        return next.wire == Instruction(opcode: 0, imm: next.imm).wire && (source.usesNextImm || next.imm == 0)
    }

    private static func operands(_ entry: InstructionTable.Entry, _ insn: Instruction, next: Int32) -> String {
        let dst = "r\(insn.dst)"
        let src = "r\(insn.src)"
        switch entry.operands {
        case .none: return ""
        case .unary, .callReg: return dst
        case .aluImm: return "\(dst), \(insn.imm)"
        case .aluReg: return "\(dst), \(src)"
        case .jumpImm: return "\(dst), \(insn.imm), \(signed(insn.offset))"
        case .jumpReg: return "\(dst), \(src), \(signed(insn.offset))"
        case .jump: return signed(insn.offset)
        case .jumpLong, .callLocal: return signed(insn.imm)
        case .callHelper, .packetAbsolute: return "\(insn.imm)"
        case .callKfunc: return insn.offset == 0 ? "\(insn.imm)" : "\(insn.imm), \(insn.offset)"
        case .load: return "\(dst), [\(src)\(signed(insn.offset))]"
        case .storeImm: return "[\(dst)\(signed(insn.offset))], \(insn.imm)"
        case .storeReg, .atomic: return "[\(dst)\(signed(insn.offset))], \(src)"
        case .packetIndirect: return "\(src), \(insn.imm)"
        case .wide:
            let source = WideSource(rawValue: insn.src)!
            guard let word = source.assembly else {
                let value = UInt64(UInt32(bitPattern: next)) << 32 | UInt64(UInt32(bitPattern: insn.imm))
                return "\(dst), 0x" + String(value, radix: 16)
            }
            if source == .function { return "\(dst), \(word) \(signed(insn.imm))" }
            return "\(dst), \(word) \(insn.imm)" + (next == 0 ? "" : signed(next))
        }
    }

    private static func signed(_ value: some BinaryInteger) -> String { value < 0 ? "\(value)" : "+\(value)" }
}
