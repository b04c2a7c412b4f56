import ISA

// The eBPF operations of 32 bits that do the same.

extension ClassicStep.Arithmetic {
    var operations: (imm: Operation, reg: Operation) {
        switch self {
        case .add: (.add32Imm, .add32Reg)
        case .sub: (.sub32Imm, .sub32Reg)
        case .mul: (.mul32Imm, .mul32Reg)
        case .div: (.div32Imm, .div32Reg)
        case .or: (.or32Imm, .or32Reg)
        case .and: (.and32Imm, .and32Reg)
        case .lsh: (.lsh32Imm, .lsh32Reg)
        case .rsh: (.rsh32Imm, .rsh32Reg)
        case .mod: (.mod32Imm, .mod32Reg)
        case .xor: (.xor32Imm, .xor32Reg)
        }
    }
}

extension ClassicStep.Comparison {
    var operations: (imm: Operation, reg: Operation) {
        switch self {
        case .eq: (.jeq32Imm, .jeq32Reg)
        case .gt: (.jgt32Imm, .jgt32Reg)
        case .ge: (.jge32Imm, .jge32Reg)
        case .set: (.jset32Imm, .jset32Reg)
        }
    }

    /// What holds where this does not; there is none for `set`.
    var opposites: (imm: Operation, reg: Operation)? {
        switch self {
        case .eq: (.jne32Imm, .jne32Reg)
        case .gt: (.jle32Imm, .jle32Reg)
        case .ge: (.jlt32Imm, .jlt32Reg)
        case .set: nil
        }
    }
}
