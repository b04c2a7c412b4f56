// Loads, stores, atomic operations. Each instruction writes its own text in a listing, as objdump has it.
extension ARM64Assembler {
    /// Operations on memory that give the old value, by their number in the encoding.
    enum Atomic: UInt32 {
        case ldadd = 0x0000
        /// Clears the bits that the operand has.
        case ldclr = 0x1000
        case ldeor = 0x2000
        case ldset = 0x3000
        case swp = 0x8000
    }

    /// What a load does beside a store's opposite, by the bits that say so.
    private static let store: UInt32 = 0
    private static let load: UInt32 = 0x0040_0000
    private static let loadSigned: UInt32 = 0x0080_0000

    /// Zero-extends to 64 bits. The address is encodable.
    mutating func load(_ width: ARM64Width, _ dst: ARM64Register, _ memory: ARM64Address) {
        access(Self.load, "ld", width.suffix, width, dst, memory)
    }

    /// Sign-extends to 64 bits. `width` is at most 32; the address is encodable.
    mutating func loadSigned(_ width: ARM64Width, _ dst: ARM64Register, _ memory: ARM64Address) {
        access(Self.loadSigned, "ld", width == .bits32 ? "sw" : "s" + width.suffix, width, dst, memory)
    }

    /// The address is encodable.
    mutating func store(_ width: ARM64Width, _ memory: ARM64Address, _ src: ARM64Register) {
        access(Self.store, "st", width.suffix, width, src, memory)
    }

    private mutating func access(
        _ op: UInt32, _ name: String, _ suffix: String, _ width: ARM64Width, _ register: ARM64Register,
        _ memory: ARM64Address
    ) {
        let isScaled = memory.isScaled(width)
        let registers: ARM64Width = op == Self.loadSigned ? .bits64 : width
        note("\(name)\(isScaled ? "" : "u")r\(suffix) \(register.name(registers)), \(memory.text)")
        let place =
            isScaled
            ? 0x0100_0000 | (UInt32(memory.offset) >> width.rawValue) << 10
            : (UInt32(bitPattern: memory.offset) & 0x1FF) << 12
        word(0x3800_0000 | width.rawValue << 30 | op | place | memory.base.number << 5 | register.number)
    }

    /// At `base + index`, of 64 bits both.
    mutating func load(_ width: ARM64Width, _ dst: ARM64Register, _ base: ARM64Register, index: ARM64Register) {
        access(Self.load, "ldr" + width.suffix, width, width, dst, base, index, shift: false)
    }

    mutating func loadSigned(_ width: ARM64Width, _ dst: ARM64Register, _ base: ARM64Register, index: ARM64Register) {
        access(
            Self.loadSigned, "ldrs" + (width == .bits32 ? "w" : width.suffix), width, .bits64, dst, base, index,
            shift: false)
    }

    /// The entry `index` of a table of 4-byte numbers with a sign.
    mutating func loadEntry(_ dst: ARM64Register, _ base: ARM64Register, index: ARM64Register) {
        access(Self.loadSigned, "ldrsw", .bits32, .bits64, dst, base, index, shift: true)
    }

    mutating func store(_ width: ARM64Width, _ base: ARM64Register, index: ARM64Register, _ src: ARM64Register) {
        access(Self.store, "str" + width.suffix, width, width, src, base, index, shift: false)
    }

    private mutating func access(
        _ op: UInt32, _ name: String, _ width: ARM64Width, _ registers: ARM64Width, _ register: ARM64Register,
        _ base: ARM64Register, _ index: ARM64Register, shift: Bool
    ) {
        note(
            "\(name) \(register.name(registers)), [\(base.name(.bits64)), \(index.name(.bits64))"
                + (shift ? ", lsl #\(width.rawValue)]" : "]"))
        word(
            0x3820_6800 | width.rawValue << 30 | op | (shift ? 1 << 12 : 0) | index.number << 16 | base.number << 5
                | register.number)
    }

    // MARK: Pairs

    /// Two registers at an offset from the stack pointer that is a multiple of 8.
    mutating func storePair(_ first: ARM64Register, _ second: ARM64Register, at offset: Int) {
        pair(0xA900_0000, "stp", first, second, offset, "[sp, #\(offset)]")
    }

    mutating func loadPair(_ first: ARM64Register, _ second: ARM64Register, at offset: Int) {
        pair(0xA940_0000, "ldp", first, second, offset, "[sp, #\(offset)]")
    }

    /// Takes `bytes` from the stack for it.
    mutating func pushPair(_ first: ARM64Register, _ second: ARM64Register, bytes: Int = 16) {
        pair(0xA980_0000, "stp", first, second, -bytes, "[sp, #-\(bytes)]!")
    }

    mutating func popPair(_ first: ARM64Register, _ second: ARM64Register, bytes: Int = 16) {
        pair(0xA8C0_0000, "ldp", first, second, bytes, "[sp], #\(bytes)")
    }

    private mutating func pair(
        _ code: UInt32, _ name: String, _ first: ARM64Register, _ second: ARM64Register, _ offset: Int, _ place: String
    ) {
        note("\(name) \(first.name(.bits64)), \(second.name(.bits64)), \(place)")
        let imm = UInt32(truncatingIfNeeded: offset / 8) & 0x7F
        word(code | imm << 15 | second.number << 10 | ARM64Register.sp.number << 5 | first.number)
    }

    // MARK: Atomics, sequentially consistent

    /// With the Large System Extensions: `old = [base]; [base] op= src`. `old` may be `src`.
    mutating func atomic(
        _ op: Atomic, _ width: ARM64Width, old: ARM64Register, _ src: ARM64Register, at base: ARM64Register
    ) {
        note("\(op)al \(src.name(width)), \(old.name(width)), [\(base.name(.bits64))]")
        word(
            0x38E0_0000 | width.rawValue << 30 | op.rawValue | src.number << 16 | base.number << 5 | old.number)
    }

    /// With the Large System Extensions: where memory holds `expected`, it gets `src`; `expected` gets what it held.
    mutating func compareAndSwap(
        _ width: ARM64Width, expected: ARM64Register, _ src: ARM64Register, at base: ARM64Register
    ) {
        note("casal \(expected.name(width)), \(src.name(width)), [\(base.name(.bits64))]")
        word(0x08E0_FC00 | width.rawValue << 30 | expected.number << 16 | base.number << 5 | src.number)
    }

    mutating func loadExclusive(_ width: ARM64Width, _ dst: ARM64Register, at base: ARM64Register) {
        note("ldaxr \(dst.name(width)), [\(base.name(.bits64))]")
        word(0x085F_FC00 | width.rawValue << 30 | base.number << 5 | dst.number)
    }

    /// `status` is 0 where nobody was faster.
    mutating func storeExclusive(
        _ width: ARM64Width, status: ARM64Register, _ src: ARM64Register, at base: ARM64Register
    ) {
        note("stlxr \(status.name(.bits32)), \(src.name(width)), [\(base.name(.bits64))]")
        word(0x0800_FC00 | width.rawValue << 30 | status.number << 16 | base.number << 5 | src.number)
    }
}
