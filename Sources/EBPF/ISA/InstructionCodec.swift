/// Bytes to instruction slots and back. Source: RFC 9669 section 3.
public enum InstructionCodec {
    /// Slots of `bytes`; a slot can hold any bits. Throws `length`.
    public static func decode(_ bytes: [UInt8]) throws(ISAError) -> [Instruction] {
        guard bytes.count.isMultiple(of: Instruction.size) else { throw .length(bytes: bytes.count) }
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: Instruction.size).map { offset in
                Instruction(wire: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            }
        }
    }

    /// 8 bytes a slot.
    public static func encode(_ instructions: [Instruction]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instructions.count * Instruction.size)
        for instruction in instructions { bytes.append(contentsOf: instruction.bytes) }
        return bytes
    }
}

extension Instruction {
    /// From the 8 bytes of the wire form, read as a little-endian number.
    public init(wire: UInt64) {
        self.init(
            opcode: UInt8(truncatingIfNeeded: wire), dst: UInt8(truncatingIfNeeded: wire >> 8) & 0xf,
            src: UInt8(truncatingIfNeeded: wire >> 12) & 0xf, offset: Int16(truncatingIfNeeded: wire >> 16),
            imm: Int32(truncatingIfNeeded: wire >> 32))
    }

    /// The wire form as a number whose little-endian bytes it is. Registers keep their lower four bits.
    public var wire: UInt64 {
        UInt64(opcode) | UInt64(dst & 0xf) << 8 | UInt64(src & 0xf) << 12
            | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: imm)) << 32
    }

    /// From 8 bytes of the wire form; nil for another count.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Instruction.size else { return nil }
        self.init(wire: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The 8 bytes of the wire form.
    public var bytes: [UInt8] {
        let wire = wire
        return (0..<Instruction.size).map { UInt8(truncatingIfNeeded: wire >> (8 * UInt64($0))) }
    }
}
