/// What is known of a number of `width` bits: known bits, unsigned range and signed range. The number is in all three.
///
/// A `Scalar` is taken apart into two of these, the whole and its low half, so that each transfer function is written once.
/// Unsigned values are zero-extended to 64 bits and signed ones sign-extended.
struct Word: Equatable {
    /// 2...64, a power of two.
    let width: Int
    var bits: Tnum
    var umin: UInt64
    var umax: UInt64
    var smin: Int64
    var smax: Int64

    @inline(__always)
    init(width: Int, bits: Tnum, umin: UInt64, umax: UInt64, smin: Int64, smax: Int64) {
        self.width = width
        self.bits = bits
        self.umin = umin
        self.umax = umax
        self.smin = smin
        self.smax = smax
    }

    @inline(__always)
    init(unknown width: Int) {
        let limit = UInt64.max &>> UInt64(64 &- width)
        self.init(
            width: width, bits: Tnum(value: 0, mask: limit), umin: 0, umax: limit, smin: ~Int64(limit &>> 1),
            smax: Int64(limit &>> 1))
    }

    @inline(__always)
    init(constant: UInt64, width: Int) {
        let signed = Self.signed(constant, width: width)
        self.init(
            width: width, bits: Tnum(constant: constant), umin: constant, umax: constant, smin: signed, smax: signed)
    }

    /// The largest unsigned number.
    @inline(__always) var limit: UInt64 { UInt64.max &>> UInt64(64 &- width) }

    @inline(__always) var signBit: UInt64 { 1 &<< UInt64(width &- 1) }

    @inline(__always)
    func signed(_ pattern: UInt64) -> Int64 {
        Self.signed(pattern, width: width)
    }

    @inline(__always)
    static func signed(_ pattern: UInt64, width: Int) -> Int64 {
        let gap = Int64(64 &- width)
        return (Int64(bitPattern: pattern) &<< gap) &>> gap
    }

    @inline(__always)
    func pattern(_ signed: Int64) -> UInt64 {
        UInt64(bitPattern: signed) & limit
    }

    @inline(__always) var constant: UInt64? { bits.mask == 0 ? bits.value : nil }

    /// How far it is from the lower end of the unsigned range to the upper one.
    @inline(__always) var span: UInt64 { umax &- umin }

    @inline(__always) var signedSpan: UInt64 { pattern(smax &- smin) }

    /// May be 0.
    @inline(__always) var admitsZero: Bool { umin == 0 && smin <= 0 && smax >= 0 && bits.value == 0 }

    /// Every bit may be 0 or 1 whatever the others are.
    @inline(__always) var isUnknown: Bool {
        umin == 0 && umax == limit && bits.mask == limit && smin == ~Int64(limit &>> 1) && smax == Int64(limit &>> 1)
    }

    @inline(__always)
    mutating func meetUnsigned(_ low: UInt64, _ high: UInt64) {
        umin = max(umin, low)
        umax = min(umax, high)
    }

    @inline(__always)
    mutating func meetSigned(_ low: Int64, _ high: Int64) {
        smin = max(smin, low)
        smax = min(smax, high)
    }

    /// False: no bits are left that both allow.
    @inline(__always)
    mutating func meetBits(_ other: Tnum) -> Bool {
        guard let both = bits.intersection(other) else { return false }
        bits = both
        return true
    }

    /// Keeps what lies on an arc of the circle of all numbers: the `length` numbers that follow `start`, and `start`.
    @inline(__always)
    mutating func meetArc(from start: UInt64, length: UInt64) {
        let end = (start &+ length) & limit
        if start <= end { meetUnsigned(start, end) }
        if signed(start) <= signed(end) { meetSigned(signed(start), signed(end)) }
    }

    /// The same for the low half.
    @inline(__always)
    mutating func meetBits(ofHalf half: Word) -> Bool {
        meetBits(Tnum(value: half.bits.value, mask: half.bits.mask | (limit & ~half.limit)))
    }

    @inline(__always)
    mutating func meet(_ other: Word) -> Bool {
        meetUnsigned(other.umin, other.umax)
        meetSigned(other.smin, other.smax)
        return meetBits(other.bits)
    }

    @inline(__always)
    func union(_ other: Word) -> Word {
        Word(
            width: width, bits: bits.union(other.bits), umin: min(umin, other.umin), umax: max(umax, other.umax),
            smin: min(smin, other.smin), smax: max(smax, other.smax))
    }
}
