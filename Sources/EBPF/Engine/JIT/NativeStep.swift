import ISA

/// An instruction on its way to native code.
struct NativeStep {
    var operation: Operation
    var dst: UInt8
    var src: UInt8
    var form = Form.plain
    var offset: Int32
    var imm: Int64

    /// How the step is to be written, where not as its operation says.
    enum Form: UInt8 {
        case plain
        /// Not at all: nothing reads its result, or it is never run.
        case omitted
        /// A load from the frame's own struct in place of its context: `offset` is in `FrameContext`.
        case contextLoad
        /// A load that reverses the bytes.
        case swappedLoad
        /// A load of 6 bytes, as they are or reversed.
        case load48, swappedLoad48
        /// A load of 6 bytes where 8 may be read.
        case maskedLoad48
        /// A lookup whose map and key are known: `imm` is its number in `NativeOptimizer.lookups`.
        case lookup
        /// A lookup in a hash map, with its first look in line: `imm` is its number in `NativeOptimizer.hashLookups`,
        /// `offset` the set of registers from which the key comes.
        case hashLookup
        /// An update of a hash map whose key, value and flags are known, with that of an element that is there in line;
        /// else as `hashLookup`.
        case hashUpdate
        /// A lookup, update or deletion in a map that is known: `offset` is its number.
        case mapCall
    }

    init(_ instruction: DecodedInstruction) {
        operation = instruction.operation
        dst = instruction.dst
        src = instruction.src
        offset = instruction.offset
        imm = instruction.imm
    }
}

/// Registers as bits: bit `n` is r`n`.
typealias RegisterSet = UInt16

extension NativeStep {
    static let arguments: RegisterSet = 0x03E
    static let preserved: RegisterSet = 0x3C0
    static let all: RegisterSet = 0x3FF

    /// The registers that a step reads and those that it writes, r0 to r9.
    var registers: (reads: RegisterSet, writes: RegisterSet) {
        let dst = RegisterSet(1) << RegisterSet(dst)
        let src = RegisterSet(1) << RegisterSet(src)
        switch form {
        case .omitted: return (0, 0)
        case .contextLoad: return (0, dst)
        // `src` is the register that has or points to the key, if one does.
        case .lookup: return (self.src < 10 ? src : 0, 1)
        case .hashLookup, .hashUpdate: return (RegisterSet(truncatingIfNeeded: offset), 1)
        case .mapCall:
            let map: RegisterSet = 2
            return (Self.helperReads(imm) & ~map, 1)
        case .plain, .swappedLoad, .load48, .swappedLoad48, .maskedLoad48: break
        }
        switch operation {
        case .mov64Imm, .mov32Imm, .lddw: return (0, dst)
        case .mov64Reg, .mov32Reg, .movsx8to64, .movsx16to64, .movsx32to64, .movsx8to32, .movsx16to32:
            return (src, dst)
        case .neg64, .neg32, .le16, .le32, .le64, .be16, .be32, .be64, .bswap16, .bswap32, .bswap64: return (dst, dst)
        case .ja, .ja32, .callKfunc, .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32: return (0, 0)
        case .callHelper: return (Self.helperReads(imm), 1)
        // A subprogram may read whatever there is: a verified one reads its arguments.
        case .callLocal: return (Self.all, 1)
        case .callx: return (Self.all, 1)
        case .exit: return (1, 0)
        case .ldx8, .ldx16, .ldx32, .ldx64, .ldxs8, .ldxs16, .ldxs32: return (src, dst)
        case .st8, .st16, .st32, .st64: return (dst, 0)
        case .stx8, .stx16, .stx32, .stx64: return (dst | src, 0)
        case .atomicCmpxchg32, .atomicCmpxchg64: return (dst | src | 1, 1)
        case .atomicFetchAdd32, .atomicFetchOr32, .atomicFetchAnd32, .atomicFetchXor32, .atomicXchg32,
            .atomicFetchAdd64, .atomicFetchOr64, .atomicFetchAnd64, .atomicFetchXor64, .atomicXchg64:
            return (dst | src, src)
        case .atomicAdd32, .atomicOr32, .atomicAnd32, .atomicXor32, .atomicAdd64, .atomicOr64, .atomicAnd64,
            .atomicXor64:
            return (dst | src, 0)
        default:
            // Conditional jumps read, arithmetic writes too. Forms with `imm` are the even ones.
            let reads = operation.takesRegister ? dst | src : dst
            return (reads, operation.isJump ? 0 : dst)
        }
    }

    private static func helperReads(_ number: Int64) -> RegisterSet {
        let count = Helper(number: UInt32(truncatingIfNeeded: number))?.entry?.arguments ?? 0
        return (1 << (RegisterSet(count) + 1)) - 2
    }

    /// Whether the next step is never run after this one.
    var endsBlock: Bool {
        switch operation {
        case .exit, .ja, .ja32, .callKfunc, .ldAbs8, .ldAbs16, .ldAbs32, .ldInd8, .ldInd16, .ldInd32: true
        default: false
        }
    }

    /// Whether a call is a lookup, an update or a deletion.
    var isMapHelper: Bool { (1...3).contains(imm) }

    /// Whether the only effect is to write `dst`: what nothing reads may be left out.
    var isPure: Bool { form != .lookup && form != .hashLookup && form != .hashUpdate && operation.writesDestination }

    /// Instructions from this one to where it jumps; nil where it does not.
    var jumpDistance: Int? {
        operation.isJump || operation == .ja32 ? Int(offset) + 1 : nil
    }
}

extension Operation {
    /// Of arithmetic and conditional jumps: the second operand is `src`.
    var takesRegister: Bool {
        switch self {
        case .add64Reg, .sub64Reg, .mul64Reg, .div64Reg, .or64Reg, .and64Reg, .lsh64Reg, .rsh64Reg, .mod64Reg,
            .xor64Reg, .mov64Reg, .arsh64Reg, .sdiv64Reg, .smod64Reg, .add32Reg, .sub32Reg, .mul32Reg, .div32Reg,
            .or32Reg, .and32Reg, .lsh32Reg, .rsh32Reg, .mod32Reg, .xor32Reg, .mov32Reg, .arsh32Reg, .sdiv32Reg,
            .smod32Reg, .jeq64Reg, .jgt64Reg, .jge64Reg, .jset64Reg, .jne64Reg, .jsgt64Reg, .jsge64Reg, .jlt64Reg,
            .jle64Reg, .jslt64Reg, .jsle64Reg, .jeq32Reg, .jgt32Reg, .jge32Reg, .jset32Reg, .jne32Reg, .jsgt32Reg,
            .jsge32Reg, .jlt32Reg, .jle32Reg, .jslt32Reg, .jsle32Reg:
            true
        default: false
        }
    }
}
