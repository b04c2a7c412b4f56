import Testing

@testable import Verifier

/// No pair of numbers that takes a way is lost on it, and what is said to be decided is.
struct ComparisonTests {
    @Test("known bits, every pair", arguments: Comparison.allCases)
    func knownBits(_ comparison: Comparison) {
        check(comparison, Family.bits(Word4.self), is32: false)
    }

    @Test("unsigned ranges, every pair", arguments: Comparison.allCases)
    func unsignedRanges(_ comparison: Comparison) {
        check(comparison, Family.unsigned(Word4.self), is32: false)
    }

    @Test("signed ranges, every pair", arguments: Comparison.allCases)
    func signedRanges(_ comparison: Comparison) {
        check(comparison, Family.signed(Word4.self), is32: false)
    }

    @Test("ranges of the half, every pair", arguments: Comparison.allCases)
    func halves(_ comparison: Comparison) {
        check(comparison, Family.halves(Word4.self), is32: true)
        check(comparison, Family.halves(Word4.self), is32: false)
    }

    @Test("all components at once", arguments: Comparison.allCases)
    func mixed(_ comparison: Comparison) {
        let samples = Family.mixed(Word4.self, count: 200, seed: UInt64(comparison.rawValue))
        check(comparison, samples, is32: true)
        check(comparison, samples, is32: false)
    }

    /// Of every pair of `samples`.
    private func check(_ comparison: Comparison, _ samples: [Sample<Word4>], is32: Bool) {
        let relation = Relation(comparison, is32: is32)
        for a in samples {
            for b in samples {
                let holds = relation.pairs(a.set, b.set, taken: true)
                let fails = relation.pairs(a.set, b.set, taken: false)
                if let decided = a.scalar.decide(comparison, b.scalar, is32: is32),
                    (decided ? fails : holds).first != 0
                {
                    Issue.record("\(a.scalar) \(comparison) \(b.scalar): \(decided) is not always so")
                    return
                }
                for (taken, kept) in [(true, holds), (false, fails)] {
                    var (x, y) = (a.scalar, b.scalar)
                    let isPossible = Scalar4.refine(&x, &y, comparison, taken: taken, is32: is32)
                    // What did not change allows what it did.
                    let isKept = (x == a.scalar || allows(x, kept.first)) && (y == b.scalar || allows(y, kept.second))
                    guard isPossible ? isKept : kept.first == 0 else {
                        Issue.record("\(a.scalar) \(comparison) \(b.scalar), taken \(taken): not \(x), \(y)")
                        return
                    }
                    if isPossible && !(a.scalar.covers(x) && b.scalar.covers(y)) {
                        Issue.record("\(a.scalar) \(comparison) \(b.scalar), taken \(taken) widens to \(x), \(y)")
                        return
                    }
                }
            }
        }
    }

    private func allows(_ scalar: Scalar4, _ set: UInt64) -> Bool {
        var set = set
        while set != 0 {
            if !scalar.contains(UInt64(set.trailingZeroBitCount)) { return false }
            set &= set &- 1
        }
        return true
    }

    @Test("negation and mirror image")
    func otherForms() {
        let reference = Reference(width: 4)
        for comparison in Comparison.allCases {
            for a in 0...reference.limit {
                for b in 0...reference.limit {
                    let holds = reference.compare(comparison, a, b)
                    #expect(reference.compare(comparison.mirrored, b, a) == holds)
                    if let negated = comparison.negated { #expect(reference.compare(negated, a, b) != holds) }
                }
            }
        }
    }
}

/// Which pairs of 4-bit numbers satisfy a comparison.
struct Relation {
    /// For each left operand the right ones, as bits; and the other way round.
    private var rows = [UInt64](repeating: 0, count: 16)
    private var columns = [UInt64](repeating: 0, count: 16)

    init(_ comparison: Comparison, is32: Bool) {
        let reference = Reference(width: is32 ? 2 : 4)
        for a in 0..<16 {
            for b in 0..<16
            where reference.compare(comparison, UInt64(a) & reference.limit, UInt64(b) & reference.limit) {
                rows[a] |= 1 << UInt64(b)
                columns[b] |= 1 << UInt64(a)
            }
        }
    }

    /// The numbers of either set that have a partner in the other; both empty, or none.
    func pairs(_ a: UInt64, _ b: UInt64, taken: Bool) -> (first: UInt64, second: UInt64) {
        let flip: UInt64 = taken ? 0 : 0xffff
        var first: UInt64 = 0
        var second: UInt64 = 0
        for i in 0..<16 {
            if a >> UInt64(i) & 1 == 1 && (rows[i] ^ flip) & b != 0 { first |= 1 << UInt64(i) }
            if b >> UInt64(i) & 1 == 1 && (columns[i] ^ flip) & a != 0 { second |= 1 << UInt64(i) }
        }
        return (first, second)
    }
}
