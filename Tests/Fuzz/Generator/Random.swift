import TestSupport

/// Repeatable random numbers, and choices among what programs are made of.
public struct Random: RandomNumberGenerator {
    private var source: SplitMix

    public init(seed: UInt64) { source = SplitMix(seed: seed) }

    /// The generator of program `index` of a series: independent of those before it.
    public init(seed: UInt64, index: Int) {
        self.init(seed: seed &+ UInt64(bitPattern: Int64(index)) &* 0xA24B_AED4_963E_E407)
        source = SplitMix(seed: next())
    }

    public mutating func next() -> UInt64 { source.next() }

    /// True in `percent` of 100 cases.
    public mutating func chance(_ percent: Int) -> Bool { Int(next() >> 33) % 100 < percent }

    public mutating func pick<T>(_ choices: [T]) -> T { choices[Int(next() >> 33) % choices.count] }

    public mutating func pick(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() >> 33) % range.count }

    /// An index, as likely as its weight.
    public mutating func pick(weights: [Int]) -> Int {
        var rest = Int(next() >> 33) % max(weights.reduce(0, +), 1)
        for (index, weight) in weights.enumerated() {
            if rest < weight { return index }
            rest -= weight
        }
        return 0
    }

    /// Numbers at which arithmetic goes wrong.
    public mutating func edge() -> UInt64 {
        switch pick(0...9) {
        case 0...2: UInt64(pick(0...16))
        case 3: UInt64(bitPattern: -Int64(pick(1...16)))
        case 4, 5:
            pick([
                0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
                0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_8000_0000,
                0xFFFF_FFFF_0000_0000, 0x8000_0000_8000_0000, 0xFFFF_FFFF_FFFF_FFFF,
            ])
        case 6: 1 << UInt64(pick(0...63))
        case 7: (1 << UInt64(pick(0...63))) &- 1
        case 8: next() >> UInt64(pick(0...63))
        default: next()
        }
    }

    /// The same for 32-bit immediates.
    public mutating func edgeImm() -> Int32 {
        chance(60)
            ? Int32(truncatingIfNeeded: pick([-1, -2, 0, 1, 2, 3, 4, 7, 8, 14, 15, 16, 20, 31, 32, 63, 64, 255]))
            : Int32(truncatingIfNeeded: edge())
    }
}
