// Instructions of AVX and AVX2 on 16 bytes. Their only vector register is xmm0.
extension X86Assembler {
    private static let vector: UInt8 = 0

    /// The low 32 bits come from a general register, the others are 0.
    mutating func vmovd(from src: X86Register) {
        note("vmovd xmm0, \(src.name(bits: 32))")
        encode(VEXOpcode(code: 0x6E, map: .map0F), reg: Self.vector, vvvv: 0, rm: src.rawValue)
    }

    /// The low 64 bits, to a general register.
    mutating func vmovq(to dst: X86Register) {
        note("vmovq \(dst.name(bits: 64)), xmm0")
        encode(VEXOpcode(code: 0x7E, map: .map0F, wide: true), reg: Self.vector, vvvv: 0, rm: dst.rawValue)
    }

    /// AVX2: the lowest byte in all bytes.
    mutating func vpbroadcastb() {
        note("vpbroadcastb xmm0, xmm0")
        encode(VEXOpcode(code: 0x78, map: .map0F38), reg: Self.vector, vvvv: 0, rm: Self.vector)
    }

    /// Each byte 0xff where it is the same in memory, else 0.
    mutating func vpcmpeqb(_ memory: X86Address) {
        note("vpcmpeqb xmm0, xmm0, \(memory.text)", to: memory.constant)
        encode(VEXOpcode(code: 0x74, map: .map0F), reg: Self.vector, vvvv: Self.vector, memory: memory)
    }

    mutating func vpor(_ memory: X86Address) {
        note("vpor xmm0, xmm0, \(memory.text)", to: memory.constant)
        encode(VEXOpcode(code: 0xEB, map: .map0F), reg: Self.vector, vvvv: Self.vector, memory: memory)
    }
}
