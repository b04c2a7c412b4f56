import ISA
import Testing

@Suite struct InstructionCodecTests {
    @Test func laysFieldsOutAsTheRFCDoes() throws {
        let bytes: [UInt8] = [0x61, 0xa3, 0xfc, 0xff, 0x78, 0x56, 0x34, 0x12]
        let insn = Instruction(opcode: 0x61, dst: 3, src: 10, offset: -4, imm: 0x1234_5678)
        #expect(try InstructionCodec.decode(bytes) == [insn])
        #expect(InstructionCodec.encode([insn]) == bytes)
        #expect(Instruction(bytes: bytes) == insn)
        #expect(Instruction(bytes: bytes.dropLast()) == nil)
        #expect(insn.bytes == bytes)
    }

    @Test(arguments: [1, 7, 9, 15]) func refusesPartialSlots(count: Int) {
        #expect(throws: ISAError.length(bytes: count)) {
            try InstructionCodec.decode([UInt8](repeating: 0, count: count))
        }
    }

    @Test func keepsAnyBits() throws {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<8000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(try InstructionCodec.encode(InstructionCodec.decode(bytes)) == bytes)
    }
}
