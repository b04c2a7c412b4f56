/// Width of an operation: 32-bit ones clear the upper half of their destination.
enum X86Width: UInt8 {
    case bits8, bits16, bits32, bits64

    /// Of 1, 2, 4 or 8 bytes.
    init(bytes: Int) { self = bytes == 1 ? .bits8 : bytes == 2 ? .bits16 : bytes == 4 ? .bits32 : .bits64 }

    var bits: Int { 8 << Int(rawValue) }
    var bytes: Int { 1 << Int(rawValue) }

    /// As assemblers name memory of this width.
    var pointer: String { ["byte", "word", "dword", "qword"][Int(rawValue)] }
}

// The instructions that the compiler uses. Each writes its own text in a listing.
extension X86Assembler {
    /// Operations with a common form, by their number in the encoding.
    enum ALU: UInt8 {
        case add = 0
        case or = 1
        case and = 4
        case sub = 5
        case xor = 6
        case cmp = 7
    }

    /// Shifts and rotations, by their number in the encoding.
    enum Shift: UInt8 {
        case rol = 0
        case ror = 1
        case shl = 4
        case shr = 5
        case sar = 7
    }

    /// Operations on one register, by their number in opcode F7.
    enum Unary: UInt8 {
        case not = 2
        case neg = 3
        case mul = 4
        case div = 6
        case idiv = 7
    }

    private static func hex(_ value: Int64) -> String {
        value.magnitude < 10
            ? "\(value)" : value < 0 ? "-0x\(String(value.magnitude, radix: 16))" : "0x\(String(value, radix: 16))"
    }

    mutating func alu(_ op: ALU, _ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        note("\(op) \(dst.name(bits: width.bits)), \(src.name(bits: width.bits))")
        encode(Opcode(code: op.rawValue << 3 | 1, wide: width == .bits64), reg: src.rawValue, rm: dst)
    }

    /// `imm` is sign-extended.
    mutating func alu(_ op: ALU, _ width: X86Width, _ dst: X86Register, _ imm: Int32) {
        note("\(op) \(dst.name(bits: width.bits)), \(Self.hex(Int64(imm)))")
        let isShort = Int32(Int8(truncatingIfNeeded: imm)) == imm
        if !isShort, dst == .rax {
            if width == .bits64 { byte(0x48) }
            byte(op.rawValue << 3 | 5)
        } else {
            encode(Opcode(code: isShort ? 0x83 : 0x81, wide: width == .bits64), reg: op.rawValue, rm: dst)
        }
        if isShort { byte(UInt8(truncatingIfNeeded: imm)) } else { int32(imm) }
    }

    mutating func alu(_ op: ALU, _ width: X86Width, _ dst: X86Register, _ memory: X86Address) {
        note("\(op) \(dst.name(bits: width.bits)), \(memory.text)", to: memory.constant)
        encode(Opcode(code: op.rawValue << 3 | 3, wide: width == .bits64), reg: dst.rawValue, memory: memory)
    }

    mutating func alu(
        _ op: ALU, _ width: X86Width, _ memory: X86Address, _ src: X86Register, locked: Bool = false
    ) {
        note("\(locked ? "lock " : "")\(op) \(memory.text), \(src.name(bits: width.bits))")
        encode(
            Opcode(code: op.rawValue << 3 | 1, prefix: locked ? 0xF0 : 0, wide: width == .bits64),
            reg: src.rawValue, memory: memory)
    }

    mutating func alu(_ op: ALU, _ width: X86Width, _ memory: X86Address, _ imm: Int32) {
        note("\(op) \(width.pointer) \(memory.text), \(Self.hex(Int64(imm)))")
        let isShort = Int32(Int8(truncatingIfNeeded: imm)) == imm
        encode(Opcode(code: isShort ? 0x83 : 0x81, wide: width == .bits64), reg: op.rawValue, memory: memory)
        if isShort { byte(UInt8(truncatingIfNeeded: imm)) } else { int32(imm) }
    }

    mutating func test(_ width: X86Width, _ a: X86Register, _ b: X86Register) {
        note("test \(a.name(bits: width.bits)), \(b.name(bits: width.bits))")
        let opcode = Opcode(
            code: width == .bits8 ? 0x84 : 0x85, wide: width == .bits64, byteOperand: width == .bits8)
        encode(opcode, reg: b.rawValue, rm: a)
    }

    /// `imm` is sign-extended.
    mutating func test(_ width: X86Width, _ a: X86Register, _ imm: Int32) {
        if (0...127).contains(imm) {
            note("test \(a.name(bits: 8)), \(Self.hex(Int64(imm)))")
            if a == .rax { byte(0xA8) } else { encode(Opcode(code: 0xF6, byteOperand: true), reg: 0, rm: a) }
            byte(UInt8(imm))
            return
        }
        // What has no upper bits tests the same in 32.
        let wide = width == .bits64 && imm < 0
        note("test \(a.name(bits: wide ? 64 : 32)), \(Self.hex(Int64(imm)))")
        encode(Opcode(code: 0xF7, wide: wide), reg: 0, rm: a)
        int32(imm)
    }

    mutating func mov(_ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        note("mov \(dst.name(bits: width.bits)), \(src.name(bits: width.bits))")
        encode(Opcode(code: 0x89, wide: width == .bits64), reg: src.rawValue, rm: dst)
    }

    /// The shortest form that leaves the flags alone, or `xor` where they may change.
    mutating func mov(_ dst: X86Register, _ value: Int64, keepsFlags: Bool = false) {
        if value == 0, !keepsFlags {
            alu(.xor, .bits32, dst, dst)
        } else if let small = UInt32(exactly: value) {
            note("mov \(dst.name(bits: 32)), \(Self.hex(value))")
            if dst.high != 0 { byte(0x41) }
            byte(0xB8 | dst.low)
            int32(Int32(bitPattern: small))
        } else if let small = Int32(exactly: value) {
            note("mov \(dst.name(bits: 64)), \(Self.hex(value))")
            encode(Opcode(code: 0xC7, wide: true), reg: 0, rm: dst)
            int32(small)
        } else {
            note("movabs \(dst.name(bits: 64)), \(Self.hex(value))")
            byte(0x48 | dst.high)
            byte(0xB8 | dst.low)
            int64(value)
        }
    }

    /// Zero-extends to 64 bits.
    mutating func load(_ width: X86Width, _ dst: X86Register, _ memory: X86Address) {
        switch width {
        case .bits8, .bits16:
            note("movzx \(dst.name(bits: 32)), \(width.pointer) \(memory.text)")
            encode(Opcode(code: width == .bits8 ? 0xB6 : 0xB7, map: .map0F), reg: dst.rawValue, memory: memory)
        case .bits32, .bits64:
            note("mov \(dst.name(bits: width.bits)), \(memory.text)", to: memory.constant)
            encode(Opcode(code: 0x8B, wide: width == .bits64), reg: dst.rawValue, memory: memory)
        }
    }

    /// Sign-extends to 64 bits. `width` is at most 32.
    mutating func loadSigned(_ width: X86Width, _ dst: X86Register, _ memory: X86Address) {
        note("\(width == .bits32 ? "movsxd" : "movsx") \(dst.name(bits: 64)), \(width.pointer) \(memory.text)")
        encode(Self.signExtension(width, wide: true), reg: dst.rawValue, memory: memory)
    }

    /// Sign-extends the low `width` of `src` to 32 or 64 bits.
    mutating func extendSigned(_ width: X86Width, to: X86Width, _ dst: X86Register, _ src: X86Register) {
        note(
            "\(width == .bits32 ? "movsxd" : "movsx") \(dst.name(bits: to.bits)), \(src.name(bits: width.bits))")
        var opcode = Self.signExtension(width, wide: to == .bits64)
        opcode.byteOperand = width == .bits8
        encode(opcode, reg: dst.rawValue, rm: src)
    }

    private static func signExtension(_ width: X86Width, wide: Bool) -> Opcode {
        switch width {
        case .bits8: Opcode(code: 0xBE, map: .map0F, wide: wide)
        case .bits16: Opcode(code: 0xBF, map: .map0F, wide: wide)
        case .bits32, .bits64: Opcode(code: 0x63, wide: wide)
        }
    }

    /// Zero-extends the low 8 or 16 bits.
    mutating func extendZero(_ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        note("movzx \(dst.name(bits: 32)), \(src.name(bits: width.bits))")
        encode(
            Opcode(code: width == .bits8 ? 0xB6 : 0xB7, map: .map0F, byteOperand: width == .bits8),
            reg: dst.rawValue, rm: src)
    }

    mutating func store(_ width: X86Width, _ memory: X86Address, _ src: X86Register) {
        note("mov \(memory.text), \(src.name(bits: width.bits))")
        encode(
            Opcode(
                code: width == .bits8 ? 0x88 : 0x89, prefix: width == .bits16 ? 0x66 : 0, wide: width == .bits64,
                byteOperand: width == .bits8), reg: src.rawValue, memory: memory)
    }

    /// `imm` is cut to the width, or sign-extended to 64 bits.
    mutating func store(_ width: X86Width, _ memory: X86Address, imm: Int32) {
        note("mov \(width.pointer) \(memory.text), \(Self.hex(Int64(imm)))")
        encode(
            Opcode(
                code: width == .bits8 ? 0xC6 : 0xC7, prefix: width == .bits16 ? 0x66 : 0, wide: width == .bits64),
            reg: 0, memory: memory)
        switch width {
        case .bits8: byte(UInt8(truncatingIfNeeded: imm))
        case .bits16:
            byte(UInt8(truncatingIfNeeded: imm))
            byte(UInt8(truncatingIfNeeded: imm >> 8))
        case .bits32, .bits64: int32(imm)
        }
    }

    mutating func lea(_ width: X86Width, _ dst: X86Register, _ memory: X86Address) {
        note("lea \(dst.name(bits: width.bits)), \(memory.text)")
        encode(Opcode(code: 0x8D, wide: width == .bits64), reg: dst.rawValue, memory: memory)
    }

    mutating func lea(_ dst: X86Register, _ label: Label) {
        note("lea \(dst.name(bits: 64)),", to: label)
        byte(0x48 | dst.high << 2)
        byte(0x8D)
        byte(dst.low << 3 | 5)
        site(.distance, label, size: 4)
    }

    mutating func unary(_ op: Unary, _ width: X86Width, _ register: X86Register) {
        note("\(op) \(register.name(bits: width.bits))")
        encode(Opcode(code: 0xF7, wide: width == .bits64), reg: op.rawValue, rm: register)
    }

    /// rdx and rax are the product of rax and a word.
    mutating func mul(_ memory: X86Address) {
        note("mul qword \(memory.text)", to: memory.constant)
        encode(Opcode(code: 0xF7, wide: true), reg: Unary.mul.rawValue, memory: memory)
    }

    /// BMI2: `high` and `low` are the product of rdx and a word.
    mutating func mulx(high: X86Register, low: X86Register, _ memory: X86Address) {
        note("mulx \(high.name(bits: 64)), \(low.name(bits: 64)), \(memory.text)", to: memory.constant)
        let opcode = VEXOpcode(code: 0xF6, map: .map0F38, prefix: .xF2, wide: true)
        encode(opcode, reg: high.rawValue, vvvv: low.rawValue, memory: memory)
    }

    /// SSE4.2: CRC-32C of 8 bytes, begun with the low 32 bits of `sum`, which then are the new one; the others are 0.
    mutating func crc32(_ sum: X86Register, _ word: X86Register) {
        note("crc32 \(sum.name(bits: 64)), \(word.name(bits: 64))")
        encode(Opcode(code: 0xF1, map: .map0F38, prefix: 0xF2, wide: true), reg: sum.rawValue, rm: word)
    }

    /// Sign-extends rax into rdx.
    mutating func extendAccumulator(_ width: X86Width) {
        note(width == .bits64 ? "cqo" : "cdq")
        if width == .bits64 { byte(0x48) }
        byte(0x99)
    }

    mutating func imul(_ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        note("imul \(dst.name(bits: width.bits)), \(src.name(bits: width.bits))")
        encode(Opcode(code: 0xAF, map: .map0F, wide: width == .bits64), reg: dst.rawValue, rm: src)
    }

    mutating func imul(_ width: X86Width, _ dst: X86Register, _ memory: X86Address) {
        note("imul \(dst.name(bits: width.bits)), \(memory.text)", to: memory.constant)
        encode(Opcode(code: 0xAF, map: .map0F, wide: width == .bits64), reg: dst.rawValue, memory: memory)
    }

    mutating func imul(_ width: X86Width, _ dst: X86Register, _ src: X86Register, _ imm: Int32) {
        note("imul \(dst.name(bits: width.bits)), \(src.name(bits: width.bits)), \(Self.hex(Int64(imm)))")
        let isShort = Int32(Int8(truncatingIfNeeded: imm)) == imm
        encode(Opcode(code: isShort ? 0x6B : 0x69, wide: width == .bits64), reg: dst.rawValue, rm: src)
        if isShort { byte(UInt8(truncatingIfNeeded: imm)) } else { int32(imm) }
    }

    mutating func shift(_ op: Shift, _ width: X86Width, _ register: X86Register, by count: UInt8) {
        note("\(op) \(register.name(bits: width.bits)), \(count)")
        let prefix: UInt8 = width == .bits16 ? 0x66 : 0
        let opcode = Opcode(code: count == 1 ? 0xD1 : 0xC1, prefix: prefix, wide: width == .bits64)
        encode(opcode, reg: op.rawValue, rm: register)
        if count != 1 { byte(count) }
    }

    /// By the low bits of rcx.
    mutating func shiftByCL(_ op: Shift, _ width: X86Width, _ register: X86Register) {
        note("\(op) \(register.name(bits: width.bits)), cl")
        encode(Opcode(code: 0xD3, wide: width == .bits64), reg: op.rawValue, rm: register)
    }

    /// Where `src` is not 0: without BMI1 this is `bsf`, which gives the same then. With BMI1 the carry flag tells
    /// whether it is 0.
    mutating func trailingZeros(_ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        note("tzcnt \(dst.name(bits: width.bits)), \(src.name(bits: width.bits))")
        encode(Opcode(code: 0xBC, map: .map0F, prefix: 0xF3, wide: width == .bits64), reg: dst.rawValue, rm: src)
    }

    /// The carry flag is a register's bit, by the low bits of `bit`.
    mutating func bitTest(_ register: X86Register, _ bit: X86Register) {
        note("bt \(register.name(bits: 32)), \(bit.name(bits: 32))")
        encode(Opcode(code: 0xA3, map: .map0F), reg: bit.rawValue, rm: register)
    }

    mutating func bitSet(_ register: X86Register, _ bit: X86Register) {
        note("bts \(register.name(bits: 32)), \(bit.name(bits: 32))")
        encode(Opcode(code: 0xAB, map: .map0F), reg: bit.rawValue, rm: register)
    }

    /// Fetches a cache line.
    mutating func prefetch(_ memory: X86Address) {
        note("prefetcht0 \(memory.text)")
        encode(Opcode(code: 0x18, map: .map0F), reg: 1, memory: memory)
    }

    /// `shlx`, `shrx`, `sarx` of BMI2: `dst = src op count`.
    mutating func shift(
        _ op: Shift, _ width: X86Width, _ dst: X86Register, _ src: X86Register, by count: X86Register
    ) {
        let bits = width.bits
        note("\(op)x \(dst.name(bits: bits)), \(src.name(bits: bits)), \(count.name(bits: bits))")
        let prefix: VEXPrefix = op == .shl ? .x66 : op == .sar ? .xF3 : .xF2
        let opcode = VEXOpcode(code: 0xF7, map: .map0F38, prefix: prefix, wide: width == .bits64)
        encode(opcode, reg: dst.rawValue, vvvv: count.rawValue, rm: src.rawValue)
    }

    mutating func bswap(_ width: X86Width, _ register: X86Register) {
        note("bswap \(register.name(bits: width.bits))")
        if width == .bits64 || register.high != 0 { byte(0x40 | (width == .bits64 ? 8 : 0) | register.high) }
        byte(0x0F)
        byte(0xC8 | register.low)
    }

    /// A load that swaps bytes. `width` is 32 or 64.
    mutating func movbe(_ width: X86Width, _ dst: X86Register, _ memory: X86Address) {
        note("movbe \(dst.name(bits: width.bits)), \(memory.text)")
        encode(Opcode(code: 0xF0, map: .map0F38, wide: width == .bits64), reg: dst.rawValue, memory: memory)
    }

    /// Adds to memory, and gives the old value.
    mutating func exchangeAdd(_ width: X86Width, _ memory: X86Address, _ src: X86Register) {
        note("lock xadd \(memory.text), \(src.name(bits: width.bits))")
        encode(
            Opcode(code: 0xC1, map: .map0F, prefix: 0xF0, wide: width == .bits64), reg: src.rawValue, memory: memory)
    }

    mutating func exchange(_ width: X86Width, _ memory: X86Address, _ src: X86Register) {
        note("xchg \(memory.text), \(src.name(bits: width.bits))")
        encode(Opcode(code: 0x87, wide: width == .bits64), reg: src.rawValue, memory: memory)
    }

    /// Compares with rax, which gets the old value where they differ.
    mutating func compareExchange(_ width: X86Width, _ memory: X86Address, _ src: X86Register) {
        note("lock cmpxchg \(memory.text), \(src.name(bits: width.bits))")
        encode(
            Opcode(code: 0xB1, map: .map0F, prefix: 0xF0, wide: width == .bits64), reg: src.rawValue, memory: memory)
    }

    /// To a multiple of 16 bytes, where few are missing.
    mutating func align() {
        note("nop")
        site(.alignment, Label(number: 0), size: 0)
    }

    mutating func push(_ register: X86Register) {
        note("push \(register.name(bits: 64))")
        if register.high != 0 { byte(0x41) }
        byte(0x50 | register.low)
    }

    mutating func pop(_ register: X86Register) {
        note("pop \(register.name(bits: 64))")
        if register.high != 0 { byte(0x41) }
        byte(0x58 | register.low)
    }

    mutating func ret() {
        note("ret")
        byte(0xC3)
    }

    mutating func call(_ register: X86Register) {
        note("call \(register.name(bits: 64))")
        encode(Opcode(code: 0xFF), reg: 2, rm: register)
    }

    mutating func call(_ label: Label) {
        note("call", to: label)
        site(.call, label, size: 5)
    }

    mutating func jump(_ label: Label) {
        note("jmp", to: label)
        site(.jump, label, size: 5)
    }

    mutating func jump(_ condition: X86Condition, _ label: Label) {
        note("j\(condition.name)", to: label)
        site(.conditionalJump, label, condition, size: 6)
    }
}
