/// One eBPF instruction in its wire form, 8 bytes, little endian.
///
/// ```
///  bits   7......0  3..0  7..4  15......0  31......0
///         opcode    dst   src   offset     imm
/// ```
///
/// `LDDW` takes two of them: the second carries the upper 32 bits in `imm` and is otherwise zero.
/// Source: RFC 9669 section 3.
public struct Instruction: Hashable, Sendable {
    /// Class in bits 0-2; the other bits depend on the class.
    public var opcode: UInt8
    /// Destination register, 0...15 on the wire; above 10 is invalid.
    public var dst: UInt8
    /// Source register, or a selector (`LDDW`, `CALL`), 0...15 on the wire.
    public var src: UInt8
    public var offset: Int16
    public var imm: Int32

    public init(opcode: UInt8, dst: UInt8 = 0, src: UInt8 = 0, offset: Int16 = 0, imm: Int32 = 0) {
        self.opcode = opcode
        self.dst = dst
        self.src = src
        self.offset = offset
        self.imm = imm
    }

    /// Bytes of one instruction on the wire.
    public static let size = 8

    /// Whether this is the first slot of a two-slot instruction (`LDDW`).
    public var isWide: Bool { opcode == 0x18 }
}
