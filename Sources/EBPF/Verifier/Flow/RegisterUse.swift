import ISA

/// Registers that an instruction reads and writes: bit `n` is r`n`, 0 to 9.
struct RegisterUse: Hashable, Sendable {
    var reads: UInt16
    var writes: UInt16

    static let all: UInt16 = 0x3ff
    /// r0 to r5, which a call leaves without meaning.
    static let clobbered: UInt16 = 0x03f
    /// r1 to r5.
    static let arguments: UInt16 = 0x03e
    /// r6 to r9.
    static let preserved: UInt16 = 0x3c0

    init(reads: UInt16, writes: UInt16) {
        self.reads = reads
        self.writes = writes
    }

    /// `calleeReads`: arguments that the called function reads.
    init(_ operation: Operation, _ instruction: Instruction, calleeReads: UInt16) {
        let dst = UInt16(1) << UInt16(instruction.dst)
        let src = UInt16(1) << UInt16(instruction.src)
        reads = 0
        writes = 0
        switch operation.operands {
        case .aluImm:
            reads = operation == .mov64Imm || operation == .mov32Imm ? 0 : dst
            writes = dst
        case .aluReg:
            reads = operation.isMove ? src : dst | src
            writes = dst
        case .unary:
            reads = dst
            writes = dst
        case .jumpImm: reads = dst
        case .jumpReg: reads = dst | src
        case .jump, .jumpLong: break
        case .callHelper, .callLocal, .callKfunc:
            reads = calleeReads & Self.arguments
            writes = Self.clobbered
        case .callReg:
            reads = dst | Self.arguments
            writes = Self.clobbered
        case .none: reads = 1
        case .load:
            reads = src
            writes = dst
        case .storeImm: reads = dst
        case .storeReg: reads = dst | src
        case .atomic:
            reads = dst | src
            if operation == .atomicCmpxchg32 || operation == .atomicCmpxchg64 { reads |= 1 }
        case .wide: writes = dst
        case .packetAbsolute:
            reads = 1 << 6
            writes = Self.clobbered
        case .packetIndirect:
            reads = 1 << 6 | src
            writes = Self.clobbered
        }
        reads &= Self.all
    }
}

extension HelperPrototype {
    /// The registers that its arguments are in.
    var registersRead: UInt16 {
        traits.contains(.variadic) ? RegisterUse.arguments : (1 << UInt16(arguments.count + 1)) - 2
    }
}

extension Operation {
    /// Whether the result depends on `src` only.
    var isMove: Bool {
        switch self {
        case .mov64Reg, .mov32Reg, .movsx8to64, .movsx16to64, .movsx32to64, .movsx8to32, .movsx16to32: true
        default: false
        }
    }
}
