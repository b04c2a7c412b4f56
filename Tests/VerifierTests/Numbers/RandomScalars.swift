import TestSupport

@testable import Verifier

/// Random numbers of the kind that arithmetic goes wrong at, and random scalars that allow them.
struct RandomScalars<Size: WordSize> {
    private var random: SplitMix
    private let reference = Reference(width: Size.bits)

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    mutating func below(_ bound: UInt64) -> UInt64 {
        random.next() % bound
    }

    mutating func choose<T>(_ elements: [T]) -> T {
        elements[Int(below(UInt64(elements.count)))]
    }

    /// Powers of two and their neighbours, their negatives (so 0, -1, the smallest and largest of the word and its half),
    /// small numbers, sign-extended ones, and any.
    mutating func number() -> UInt64 {
        let bits = UInt64(Size.bits)
        let number: UInt64
        switch below(6) {
        case 0: number = below(4) &- 2
        case 1: number = (1 << below(bits)) &+ below(3) &- 1
        case 2: number = 0 &- ((1 << below(bits)) &+ below(3) &- 1)
        case 3: number = (1 << (bits / 2 - 1 + below(2))) &+ below(3) &- 1
        case 4: number = random.next() >> (64 - 1 - below(bits))
        default: number = random.next()
        }
        return number & reference.limit
    }

    /// Allows `number`, and whatever else its random components do.
    mutating func scalar(allowing number: UInt64) -> SizedScalar<Size> {
        switch below(8) {
        case 0: return SizedScalar(constant: number)
        case 1: return .unknown
        default: break
        }
        var scalar = SizedScalar<Size>.unknown
        let low = number & SizedScalar<Size>.halfLimit
        var half = Word(unknown: Size.bits / 2)
        if below(3) == 0 {
            let mask = choose([self.number(), self.number() & self.number(), ~self.number()]) & reference.limit
            _ = scalar.intersect(SizedScalar(bits: Tnum(value: number & ~mask, mask: mask)))
        }
        if below(2) == 0 { _ = scalar.intersect(SizedScalar(range(around: number, width: Size.bits))) }
        if below(2) == 0 { _ = scalar.intersect(SizedScalar(signed: signedRange(around: number, width: Size.bits))) }
        if below(3) == 0 {
            let range = range(around: low, width: Size.bits / 2)
            half.meetUnsigned(range.lowerBound, range.upperBound)
        }
        if below(3) == 0 {
            let range = signedRange(around: low, width: Size.bits / 2)
            half.meetSigned(range.lowerBound, range.upperBound)
        }
        var open = SizedScalar<Size>(Word(unknown: Size.bits), half: half)
        open.synchronise()
        _ = scalar.intersect(open)
        return scalar
    }

    private mutating func range(around number: UInt64, width: Int) -> ClosedRange<UInt64> {
        let limit = Reference(width: width).limit
        let ends = [near(number, limit), near(number, limit)].sorted()
        return min(ends[0], number)...max(ends[1], number)
    }

    private mutating func signedRange(around number: UInt64, width: Int) -> ClosedRange<Int64> {
        let reference = Reference(width: width)
        let ends = [near(number, reference.limit), near(number, reference.limit)].map(reference.signed).sorted()
        return min(ends[0], reference.signed(number))...max(ends[1], reference.signed(number))
    }

    private mutating func near(_ number: UInt64, _ limit: UInt64) -> UInt64 {
        (below(2) == 0 ? self.number() : number &+ below(9) &- 4) & limit
    }
}
