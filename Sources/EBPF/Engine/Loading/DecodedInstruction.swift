import ISA

/// The executable form of an instruction, 16 bytes: dense operation, operands widened, jumps resolved.
struct DecodedInstruction {
    /// `.callKfunc` for whatever cannot run: reaching it is a fault.
    var operation: Operation
    var dst: UInt8
    var src: UInt8
    /// Loads and stores: bytes from the register. Jumps and local calls: instructions from the next one.
    var offset: Int32
    /// Sign-extended immediate; the whole constant of an LDDW; the helper's number of a call.
    var imm: Int64

    static let invalid = DecodedInstruction(operation: .callKfunc)

    init(operation: Operation, dst: UInt8 = 0, src: UInt8 = 0, offset: Int32 = 0, imm: Int64 = 0) {
        self.operation = operation
        self.dst = dst
        self.src = src
        self.offset = offset
        self.imm = imm
    }
}

/// Function pointers that a program holds (`BPF_PSEUDO_FUNC`): a tag, and the index of a decoded instruction.
enum FunctionPointer {
    static let tag: UInt64 = 0x5AFE_F000_0000_0000

    static func make(_ index: Int) -> UInt64 { tag | UInt64(index) }
    static func index(_ value: UInt64) -> Int? {
        value & 0xFFFF_FFFF_0000_0000 == tag ? Int(value & 0xFFFF_FFFF) : nil
    }
}
