/// Parts of the opcode byte. Source: RFC 9669 section 3.
enum Opcode {
    /// Bits 0-2. Source: section 3.1.
    enum Class: UInt8 {
        case ld, ldx, st, stx, alu, jmp, jmp32, alu64
    }

    /// Bit 3 of ALU and JMP: the second operand is `src`, not `imm`.
    static let register: UInt8 = 0x08

    /// Bits 4-7 of ALU and ALU64. Source: section 4.1.
    enum ALU: UInt8, CaseIterable {
        case add = 0x00
        case sub = 0x10
        case mul = 0x20
        case div = 0x30
        case or = 0x40
        case and = 0x50
        case lsh = 0x60
        case rsh = 0x70
        case neg = 0x80
        case mod = 0x90
        case xor = 0xa0
        case mov = 0xb0
        case arsh = 0xc0
        case end = 0xd0
    }

    /// Bits 4-7 of JMP and JMP32. Source: section 4.3.
    enum Jump: UInt8 {
        case ja = 0x00
        case jeq = 0x10
        case jgt = 0x20
        case jge = 0x30
        case jset = 0x40
        case jne = 0x50
        case jsgt = 0x60
        case jsge = 0x70
        case call = 0x80
        case exit = 0x90
        case jlt = 0xa0
        case jle = 0xb0
        case jslt = 0xc0
        case jsle = 0xd0
    }

    /// Bits 3-4 of loads and stores. Source: section 5.
    enum Size: UInt8 {
        case w = 0x00
        case h = 0x08
        case b = 0x10
        case dw = 0x18
    }

    /// Bits 5-7 of loads and stores. Source: section 5.
    enum Mode: UInt8 {
        case imm = 0x00
        case abs = 0x20
        case ind = 0x40
        case mem = 0x60
        case memsx = 0x80
        case atomic = 0xc0
    }

    /// `imm` of atomic operations. Source: section 5.3.
    enum Atomic: Int32 {
        case add = 0x00
        case or = 0x40
        case and = 0x50
        case xor = 0xa0
        case fetchAdd = 0x01
        case fetchOr = 0x41
        case fetchAnd = 0x51
        case fetchXor = 0xa1
        case xchg = 0xe1
        case cmpxchg = 0xf1
    }
}
