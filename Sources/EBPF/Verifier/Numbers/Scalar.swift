/// How wide numbers are: 64 bits in programs, a few where tests try all of them.
protocol WordSize {
    /// Bits of a whole word; ALU32 and JMP32 see the low half of them. A power of two.
    static var bits: Int { get }
}

enum Word64: WordSize {
    @inline(__always) static var bits: Int { 64 }
}

/// What is known of a number in a register or stack slot: every value that it may have is in all five components.
typealias Scalar = SizedScalar<Word64>

/// `Scalar`, for words of any size.
///
/// Between operations the components are as tight as each makes the others (`synchronise`).
struct SizedScalar<Size: WordSize>: Equatable, Sendable {
    private(set) var bits: Tnum
    private(set) var umin: UInt64
    private(set) var umax: UInt64
    private(set) var smin: Int64
    private(set) var smax: Int64
    /// Of the low half, as all below.
    private(set) var u32min: UInt32
    private(set) var u32max: UInt32
    private(set) var s32min: Int32
    private(set) var s32max: Int32

    @inline(__always) static var halfBits: Int { Size.bits &>> 1 }
    @inline(__always) static var halfLimit: UInt64 { UInt64.max &>> UInt64(64 &- halfBits) }

    /// Any number.
    @inline(__always) static var unknown: Self {
        Self(Word(unknown: Size.bits), half: Word(unknown: halfBits))
    }

    @inline(__always)
    init(_ word: Word, half: Word) {
        bits = word.bits
        umin = word.umin
        umax = word.umax
        smin = word.smin
        smax = word.smax
        u32min = UInt32(truncatingIfNeeded: half.umin)
        u32max = UInt32(truncatingIfNeeded: half.umax)
        s32min = Int32(truncatingIfNeeded: half.smin)
        s32max = Int32(truncatingIfNeeded: half.smax)
    }

    @inline(__always)
    init(constant: UInt64) {
        self.init(
            Word(constant: constant, width: Size.bits),
            half: Word(constant: constant & Self.halfLimit, width: Self.halfBits))
    }

    init(_ range: ClosedRange<UInt64>) {
        self = .unknown
        umin = range.lowerBound
        umax = range.upperBound
        synchronise()
    }

    init(signed range: ClosedRange<Int64>) {
        self = .unknown
        smin = range.lowerBound
        smax = range.upperBound
        synchronise()
    }

    init(bits: Tnum) {
        self = .unknown
        self.bits = bits
        synchronise()
    }

    /// What a load of `bits` bits yields: 0...2^bits-1.
    static func unsigned(bits: Int) -> Self {
        Self(0...UInt64.max &>> UInt64(64 &- bits))
    }

    /// The whole number.
    @inline(__always) var word: Word {
        Word(width: Size.bits, bits: bits, umin: umin, umax: umax, smin: smin, smax: smax)
    }

    /// Its low half, as ALU32 and JMP32 see it.
    @inline(__always) var half: Word {
        Word(
            width: Self.halfBits, bits: bits.masked(Self.halfLimit), umin: UInt64(u32min), umax: UInt64(u32max),
            smin: Int64(s32min), smax: Int64(s32max))
    }

    /// The number, where there is only one.
    @inline(__always) var constant: UInt64? { bits.mask == 0 ? bits.value : nil }

    @inline(__always) var isConstant: Bool { bits.mask == 0 }

    func contains(_ number: UInt64) -> Bool {
        guard bits.contains(number), umin <= number, number <= umax else { return false }
        let signed = Word.signed(number, width: Size.bits)
        let low = UInt32(truncatingIfNeeded: number & Self.halfLimit)
        guard smin <= signed, signed <= smax, u32min <= low, low <= u32max else { return false }
        let signedLow = Word.signed(UInt64(low), width: Self.halfBits)
        return s32min <= signedLow && signedLow <= s32max
    }

    /// Each component lies inside this one's: every number that `other` allows, this allows too.
    @inline(__always)
    func covers(_ other: Self) -> Bool {
        umin <= other.umin && other.umax <= umax && smin <= other.smin && other.smax <= smax
            && u32min <= other.u32min && other.u32max <= u32max && s32min <= other.s32min && other.s32max <= s32max
            && bits.covers(other.bits)
    }

    /// Keeps what both allow; false: there is nothing, and this is without meaning.
    mutating func intersect(_ other: Self) -> Bool {
        var (word, half) = (word, half)
        guard word.meet(other.word), half.meet(other.half) else { return false }
        self = Self(word, half: half)
        return synchronise()
    }

    static func union(_ a: Self, _ b: Self) -> Self {
        var result = Self(a.word.union(b.word), half: a.half.union(b.half))
        result.synchronise()
        return result
    }
}
