/// For people: `14`, `0...255`, `0...252, multiple of 4`, `unsigned 0...2^32-1`.
extension SizedScalar: CustomStringConvertible {
    var description: String {
        if let constant { return Self.text(word.signed(constant)) }
        let parts = [range ?? halfRange, knownBits].compactMap { $0 }
        return parts.isEmpty ? "any number" : parts.joined(separator: ", ")
    }

    /// Nil: the ends are no other than the low half and the known bits make them.
    private var range: String? {
        var open = Self(Word(unknown: Size.bits), half: half)
        var bits = Self(bits: bits)
        let isPossible = open.synchronise() && bits.intersect(open)
        if isPossible && smin < 0 && smax > 0 && smin == bits.smin && smax == bits.smax {
            if umin == bits.umin && umax == bits.umax { return nil }
            return "unsigned \(Self.text(umin))...\(Self.text(umax))"
        }
        let isUnsigned = smin >= 0 && smax > Int64(Int32.max)
        return (isUnsigned ? "unsigned " : "") + "\(Self.text(smin))...\(Self.text(smax))"
    }

    /// The same of the low half.
    private var halfRange: String? {
        let half = half
        var bits = Word(unknown: half.width)
        guard bits.meetBits(half.bits), bits.reduce() else { return nil }
        if half.smin >= 0 || half.smax <= 0 || half.smin != bits.smin || half.smax != bits.smax {
            return "low \(half.width) bits \(Self.text(half.smin))...\(Self.text(half.smax))"
        }
        if half.umin == bits.umin && half.umax == bits.umax { return nil }
        return "low \(half.width) bits \(Self.text(half.umin))...\(Self.text(half.umax))"
    }

    /// What the known bits add to the ranges.
    private var knownBits: String? {
        // Those above the highest unknown one show in the range.
        let bits = range == nil && halfRange != nil ? half.bits : bits
        let holes = Tnum.spread(bits.mask) & ~bits.mask
        if holes == 0 { return nil }
        let lowest = bits.mask & (0 &- bits.mask)
        let remainder = bits.value & holes
        if holes == lowest &- 1 {
            return "multiple of \(Self.text(lowest))" + (remainder == 0 ? "" : " plus \(remainder)")
        }
        let unknown = "bits of 0x" + String(bits.mask, radix: 16)
        return bits.value == 0 ? unknown : "0x" + String(bits.value, radix: 16) + " and " + unknown
    }

    private static func text(_ number: Int64) -> String {
        number < 0 ? "-" + text(number.magnitude) : text(UInt64(number))
    }

    /// Powers of two, and their neighbours below, are easier to read as such.
    private static func text(_ number: UInt64) -> String {
        if number == .max { return "2^64-1" }
        guard number >= 1 << 20 else { return "\(number)" }
        if number & (number &- 1) == 0 { return "2^\(number.trailingZeroBitCount)" }
        let next = number &+ 1
        return number & next == 0 ? "2^\(next.trailingZeroBitCount)-1" : "\(number)"
    }
}
