/// A number of which some bits are known ("tristate number", as in Linux's verifier): the bits of `mask` are unknown,
/// all others are those of `value`, which is 0 where `mask` is 1. Its members are the numbers that agree with it.
struct Tnum: Hashable, Sendable {
    var value: UInt64
    var mask: UInt64

    static let unknown = Tnum(value: 0, mask: .max)

    init(value: UInt64, mask: UInt64) {
        self.value = value
        self.mask = mask
    }

    init(constant: UInt64) {
        self.init(value: constant, mask: 0)
    }

    /// The bits that all numbers from `low` through `high` share: their common prefix.
    init(from low: UInt64, through high: UInt64) {
        let mask = Self.spread(low ^ high)
        self.init(value: low & ~mask, mask: mask)
    }

    /// All bits up to and with the highest bit of `bits`.
    @inline(__always)
    static func spread(_ bits: UInt64) -> UInt64 {
        bits == 0 ? 0 : UInt64.max &>> UInt64(truncatingIfNeeded: bits.leadingZeroBitCount)
    }

    var isConstant: Bool { mask == 0 }

    /// The bits that may be 1; also the largest member.
    var possible: UInt64 { value | mask }

    func contains(_ number: UInt64) -> Bool {
        number & ~mask == value
    }

    /// Every member of `other` is a member.
    func covers(_ other: Tnum) -> Bool {
        other.mask & ~mask == 0 && other.value & ~mask == value
    }

    /// Nil: no number is a member of both.
    func intersection(_ other: Tnum) -> Tnum? {
        guard (value ^ other.value) & ~mask & ~other.mask == 0 else { return nil }
        return Tnum(value: value | other.value, mask: mask & other.mask)
    }

    func union(_ other: Tnum) -> Tnum {
        let mask = mask | other.mask | (value ^ other.value)
        return Tnum(value: value & ~mask, mask: mask)
    }

    /// The same of the bits of `bits`, and 0 elsewhere.
    @inline(__always)
    func masked(_ bits: UInt64) -> Tnum {
        Tnum(value: value & bits, mask: mask & bits)
    }

    /// Smallest member that is at least `floor`; nil: all are smaller.
    @inline(__always)
    func first(atLeast floor: UInt64) -> UInt64? {
        let wrong = (floor ^ value) & ~mask
        if wrong == 0 { return floor }
        // All above the highest wrong bit can stay as it is; a wrong 0 becomes 1, and what follows the least there is.
        let below = Self.spread(wrong)
        let top = below ^ (below &>> 1)
        if value & top != 0 { return (floor & ~below) | (value & below) }
        // A wrong 1 becomes 0, so that an unknown bit above it, the lowest that is 0, has to become 1.
        let raisable = mask & ~floor & ~below
        if raisable == 0 { return nil }
        let raised = raisable & (0 &- raisable)
        return (floor & ~(raised | (raised &- 1))) | raised | (value & (raised &- 1))
    }

    /// Largest member that is at most `ceiling`; nil: all are larger.
    @inline(__always)
    func last(atMost ceiling: UInt64) -> UInt64? {
        if (ceiling ^ value) & ~mask == 0 { return ceiling }
        return Tnum(value: ~possible, mask: mask).first(atLeast: ~ceiling).map { ~$0 }
    }
}
