import ISA

extension Operation {
    /// Which operands it takes. A table of its own: `InstructionTable`'s entries carry text along.
    var operands: OperandForm { Self.forms[Int(rawValue)] }

    /// Bytes of memory that a load, store or atomic operation accesses; 0 for all else.
    var accessBytes: Int { Self.sizes[Int(rawValue)] }

    private static let forms = allCases.map { InstructionTable.entry(of: $0).operands }

    private static let sizes = allCases.map { operation in
        let entry = InstructionTable.entry(of: operation)
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
