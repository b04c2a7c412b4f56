// Operations on registers. Each instruction writes its own text in a listing, as objdump has it.
extension ARM64Assembler {
    /// Additions and subtractions, by the bits that say which. Those with `s` set the flags.
    enum Sum: UInt32 {
        case add = 0
        case adds = 0x2000_0000
        case sub = 0x4000_0000
        case subs = 0x6000_0000

        var setsFlags: Bool { self == .adds || self == .subs }
        /// The same of the negated number.
        var opposite: Sum { Sum(rawValue: rawValue ^ 0x4000_0000).unsafelyUnwrapped }
    }

    /// Logical operations, by the bits that say which.
    enum Logical: UInt32 {
        case and = 0
        case orr = 0x2000_0000
        case eor = 0x4000_0000
        case ands = 0x6000_0000
    }

    /// Operations with two sources, by their number in the encoding.
    enum Binary: UInt32 {
        case udiv = 2
        case sdiv = 3
        case lsl = 8
        case lsr = 9
        case asr = 10
    }

    static func hex(_ value: UInt64) -> String { "#0x" + String(value, radix: 16) }

    // MARK: Sums

    /// - Parameter imm: as `ARM64Immediate.arithmetic` gives it.
    mutating func sum(_ op: Sum, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, imm: UInt32) {
        note(Self.sumText(op, width, dst, left, imm))
        word(0x1100_0000 | width.sf | op.rawValue | imm << 10 | left.number << 5 | dst.number)
    }

    private static func sumText(
        _ op: Sum, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ imm: UInt32
    ) -> String {
        let number = hex(UInt64(imm & 0xFFF)) + (imm >> 12 != 0 ? ", lsl #12" : "")
        let left = left.name(width)
        if dst == .zero { return "\(op == .subs ? "cmp" : "cmn") \(left), \(number)" }
        if op == .add, imm == 0, dst == .sp || left == "sp" { return "mov \(dst.name(width)), \(left)" }
        return "\(op) \(dst.name(width)), \(left), \(number)"
    }

    mutating func sum(
        _ op: Sum, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register,
        shift: UInt32 = 0
    ) {
        note(
            op == .subs && dst == .zero
                ? "cmp \(left.name(width)), \(right.name(width))"
                : op == .sub && left == .zero
                    ? "neg \(dst.name(width)), \(right.name(width))"
                    : "\(op) \(dst.name(width)), \(left.name(width)), \(right.name(width))"
                        + (shift == 0 ? "" : ", lsl #\(shift)"))
        word(
            0x0B00_0000 | width.sf | op.rawValue | right.number << 16 | shift << 10 | left.number << 5 | dst.number)
    }

    /// Adds the lower half of `right`, with its sign.
    mutating func addSigned32(_ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register) {
        note("add \(dst.name(.bits64)), \(left.name(.bits64)), \(right.name(.bits32)), sxtw")
        word(0x8B20_C000 | right.number << 16 | left.number << 5 | dst.number)
    }

    // MARK: Logic

    /// - Parameter imm: as `ARM64Immediate.logical` gives `value`.
    mutating func logical(
        _ op: Logical, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, imm: UInt32, value: UInt64
    ) {
        note(
            op == .ands && dst == .zero
                ? "tst \(left.name(width)), \(Self.hex(value))"
                : op == .orr && left == .zero
                    ? "mov \(dst.name(width)), \(Self.hex(value))"
                    : "\(op) \(dst.name(width)), \(left.name(width)), \(Self.hex(value))")
        word(0x1200_0000 | width.sf | op.rawValue | imm << 10 | left.number << 5 | dst.number)
    }

    mutating func logical(
        _ op: Logical, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register,
        shift: UInt32 = 0
    ) {
        note(
            op == .ands && dst == .zero
                ? "tst \(left.name(width)), \(right.name(width))"
                : "\(op) \(dst.name(width)), \(left.name(width)), \(right.name(width))"
                    + (shift == 0 ? "" : ", lsl #\(shift)"))
        word(
            0x0A00_0000 | width.sf | op.rawValue | right.number << 16 | shift << 10 | left.number << 5 | dst.number)
    }

    mutating func mov(_ width: ARM64Width, _ dst: ARM64Register, _ src: ARM64Register) {
        note("mov \(dst.name(width)), \(src.name(width))")
        word(0x2A00_03E0 | width.sf | src.number << 16 | dst.number)
    }

    mutating func not(_ width: ARM64Width, _ dst: ARM64Register, _ src: ARM64Register) {
        note("mvn \(dst.name(width)), \(src.name(width))")
        word(0x2A20_03E0 | width.sf | src.number << 16 | dst.number)
    }

    // MARK: Constants

    /// One instruction for what is one piece of 16 bits among zeros or ones, or a pattern; up to four else.
    mutating func mov(_ dst: ARM64Register, _ value: UInt64) {
        let pieces = (0..<4).map { value >> UInt64($0 * 16) & 0xFFFF }
        let zeros = pieces.count { $0 == 0 }
        let ones = pieces.count { $0 == 0xFFFF }
        if zeros < 3, ones < 3, let imm = ARM64Immediate.logical(value, .bits64) {
            logical(.orr, .bits64, dst, .zero, imm: imm, value: value)
            return
        }
        // The pieces that are not there from the start.
        let background: UInt64 = ones > zeros ? 0xFFFF : 0
        var isFirst = true
        for (index, piece) in pieces.enumerated() where piece != background {
            let place = UInt32(index) << 21 | dst.number
            let result =
                isFirst ? (background == 0 ? piece << UInt64(index * 16) : value | ~(0xFFFF << UInt64(index * 16))) : 0
            if !isFirst {
                note("movk \(dst.name(.bits64)), \(Self.hex(piece))" + (index == 0 ? "" : ", lsl #\(index * 16)"))
                word(0xF280_0000 | place | UInt32(piece) << 5)
            } else {
                note("mov \(dst.name(.bits64)), \(Self.hex(result))")
                word(
                    background == 0
                        ? 0xD280_0000 | place | UInt32(piece) << 5 : 0x9280_0000 | place | UInt32(~piece & 0xFFFF) << 5)
            }
            isFirst = false
        }
        guard isFirst else { return }
        note("mov \(dst.name(.bits64)), \(Self.hex(value))")
        word((background == 0 ? 0xD280_0000 : 0x9280_0000) | dst.number)
    }

    // MARK: Products, quotients, shifts

    mutating func multiply(_ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register) {
        note("mul \(dst.name(width)), \(left.name(width)), \(right.name(width))")
        word(0x1B00_7C00 | width.sf | right.number << 16 | left.number << 5 | dst.number)
    }

    /// `dst = sum + left * right`
    mutating func multiplyAdd(
        _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register, _ sum: ARM64Register
    ) {
        note("madd \(dst.name(width)), \(left.name(width)), \(right.name(width)), \(sum.name(width))")
        word(0x1B00_0000 | width.sf | right.number << 16 | sum.number << 10 | left.number << 5 | dst.number)
    }

    /// `dst = sum - left * right`
    mutating func multiplySubtract(
        _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register, _ sum: ARM64Register
    ) {
        note("msub \(dst.name(width)), \(left.name(width)), \(right.name(width)), \(sum.name(width))")
        word(0x1B00_8000 | width.sf | right.number << 16 | sum.number << 10 | left.number << 5 | dst.number)
    }

    /// A quotient, which is 0 of a division by 0, or a shift by the low bits of `right`.
    mutating func binary(
        _ op: Binary, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ right: ARM64Register
    ) {
        note("\(op) \(dst.name(width)), \(left.name(width)), \(right.name(width))")
        word(0x1AC0_0000 | width.sf | right.number << 16 | op.rawValue << 10 | left.number << 5 | dst.number)
    }

    /// By less than the width.
    mutating func shift(_ op: Binary, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, by count: Int) {
        note("\(op) \(dst.name(width)), \(left.name(width)), #\(count)")
        let top = width.bits - 1
        switch op {
        case .lsl: field(0x5300_0000, width, dst, left, (width.bits - count) & top, top - count)
        case .lsr: field(0x5300_0000, width, dst, left, count, top)
        default: field(0x1300_0000, width, dst, left, count, top)
        }
    }

    /// The low 8 or 16 bits.
    mutating func extendZero(_ from: ARM64Width, _ dst: ARM64Register, _ src: ARM64Register) {
        note("uxt\(from.suffix) \(dst.name(.bits32)), \(src.name(.bits32))")
        field(0x5300_0000, .bits32, dst, src, 0, from.bits - 1)
    }

    /// The low 8, 16 or 32 bits, with their sign.
    mutating func extendSigned(_ from: ARM64Width, to: ARM64Width, _ dst: ARM64Register, _ src: ARM64Register) {
        note("sxt\(from == .bits32 ? "w" : from.suffix) \(dst.name(to)), \(src.name(.bits32))")
        field(0x1300_0000, to, dst, src, 0, from.bits - 1)
    }

    private mutating func field(
        _ code: UInt32, _ width: ARM64Width, _ dst: ARM64Register, _ src: ARM64Register, _ immr: Int, _ imms: Int
    ) {
        let n: UInt32 = width == .bits64 ? 1 << 22 : 0
        word(
            code | width.sf | n | UInt32(immr) << 16 | UInt32(imms) << 10 | src.number << 5 | dst.number)
    }

    /// Reverses the bytes, of 16 bits: those of each.
    mutating func reverse(_ width: ARM64Width, _ dst: ARM64Register, _ src: ARM64Register) {
        let registers: ARM64Width = width == .bits64 ? .bits64 : .bits32
        note("rev\(width == .bits16 ? "16" : "") \(dst.name(registers)), \(src.name(registers))")
        let op: UInt32 = width == .bits64 ? 3 : width == .bits32 ? 2 : 1
        word(0x5AC0_0000 | width.sf | op << 10 | src.number << 5 | dst.number)
    }

    // MARK: Selections

    /// `dst = condition ? left : right`
    mutating func select(
        _ condition: ARM64Condition, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register,
        _ right: ARM64Register
    ) {
        note("csel \(dst.name(width)), \(left.name(width)), \(right.name(width)), \(condition.name)")
        word(
            0x1A80_0000 | width.sf | right.number << 16 | condition.rawValue << 12 | left.number << 5 | dst.number)
    }

    /// `dst = condition ? left : ~0`
    mutating func selectOrOnes(
        _ condition: ARM64Condition, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register
    ) {
        note("csinv \(dst.name(width)), \(left.name(width)), \(ARM64Register.zero.name(width)), \(condition.name)")
        word(0x5A9F_0000 | width.sf | condition.rawValue << 12 | left.number << 5 | dst.number)
    }
}
