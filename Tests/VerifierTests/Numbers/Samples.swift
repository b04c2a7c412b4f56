@testable import Verifier

/// A scalar and all numbers that it allows.
struct Sample<Size: WordSize> {
    let scalar: SizedScalar<Size>
    let members: [UInt64]
    /// The same, as bits; of words of up to 6 bits.
    let set: UInt64

    /// Nil: it allows none.
    init?(_ scalar: SizedScalar<Size>) {
        self.scalar = scalar
        members = (0...Reference(width: Size.bits).limit).filter(scalar.contains)
        set = members.reduce(0) { $0 | 1 << $1 }
        if members.isEmpty { return nil }
    }
}

/// What an operation makes of 4-bit numbers, with those of one set on its right side.
struct Images {
    /// For each left operand its results, as bits.
    private var rows = [UInt64](repeating: 0, count: 16)

    init(_ right: [UInt64], _ operation: (UInt64, UInt64) -> UInt64) {
        for a in 0..<16 {
            for b in right { rows[a] |= 1 << operation(UInt64(a), b) }
        }
    }

    func of(_ left: [UInt64]) -> UInt64 {
        var images: UInt64 = 0
        for a in left { images |= rows[Int(a)] }
        return images
    }
}

extension UInt64 {
    /// The numbers that it has as bits.
    var numbers: [UInt64] {
        (0..<UInt64(64 - leadingZeroBitCount)).filter { self >> $0 & 1 == 1 }
    }

    /// The least and the greatest of them, taken as 4-bit numbers with a sign.
    var signedEnds: (Int64, Int64) {
        let turned = (self >> 8 | self << 8) & 0xffff
        return (Int64(turned.trailingZeroBitCount) - 8, 55 - Int64(turned.leadingZeroBitCount))
    }

    var unsignedEnds: (UInt64, UInt64) {
        (UInt64(trailingZeroBitCount), 63 - UInt64(leadingZeroBitCount))
    }
}

/// Systematic families of scalars.
enum Family {
    /// Every combination of known bits.
    static func tnums(width: Int) -> [Tnum] {
        let limit = Reference(width: width).limit
        return (0...limit).flatMap { mask in
            (0...limit).filter { $0 & mask == 0 }.map { Tnum(value: $0, mask: mask) }
        }
    }

    static func bits<Size: WordSize>(_: Size.Type) -> [Sample<Size>] {
        tnums(width: Size.bits).compactMap { Sample(SizedScalar(bits: $0)) }
    }

    static func unsigned<Size: WordSize>(_: Size.Type) -> [Sample<Size>] {
        let limit = Reference(width: Size.bits).limit
        return (0...limit).flatMap { low in (low...limit).compactMap { Sample(SizedScalar(low...$0)) } }
    }

    static func signed<Size: WordSize>(_: Size.Type) -> [Sample<Size>] {
        let end = Int64(1) << Int64(Size.bits - 1)
        return (-end..<end).flatMap { low in (low..<end).compactMap { Sample(SizedScalar(signed: low...$0)) } }
    }

    /// Ranges of the low half, with zeroes above them, and with anything above them.
    static func halves<Size: WordSize>(_: Size.Type) -> [Sample<Size>] {
        let width = Size.bits / 2
        let limit = Reference(width: width).limit
        let end = Int64(1) << Int64(width - 1)
        var halves: [Word] = []
        for low in 0...limit {
            for high in low...limit {
                var half = Word(unknown: width)
                half.meetUnsigned(low, high)
                halves.append(half)
            }
        }
        for low in -end..<end {
            for high in low..<end {
                var half = Word(unknown: width)
                half.meetSigned(low, high)
                halves.append(half)
            }
        }
        return halves.flatMap { half in
            var zeroExtended = SizedScalar<Size>.unknown
            zeroExtended.setZeroExtended(half)
            var open = SizedScalar<Size>(Word(unknown: Size.bits), half: half)
            open.synchronise()
            return [zeroExtended, open].compactMap { Sample($0) }
        }
    }

    /// All components at once: random scalars, each once.
    static func mixed<Size: WordSize>(_: Size.Type, count: Int, seed: UInt64) -> [Sample<Size>] {
        var random = RandomScalars<Size>(seed: seed)
        var found: [Sample<Size>] = []
        for _ in 0..<count {
            let scalar = random.scalar(allowing: random.number())
            if !found.contains(where: { $0.scalar == scalar }), let sample = Sample(scalar) { found.append(sample) }
        }
        return found
    }
}
