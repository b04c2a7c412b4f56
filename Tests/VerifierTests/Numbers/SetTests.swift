import Testing

@testable import Verifier

/// Scalars as sets: subset, intersection, union, deduction between components.
struct SetTests {
    static let samples: [Sample<Word4>] =
        Family.mixed(Word4.self, count: 300, seed: 1) + Family.bits(Word4.self) + Family.unsigned(Word4.self)
        + Family.signed(Word4.self)

    @Test("what covers another allows all of it")
    func covers() {
        for a in Self.samples {
            for b in Self.samples where a.scalar.covers(b.scalar) && b.set & ~a.set != 0 {
                Issue.record("\(a.scalar) does not cover \(b.scalar)")
                return
            }
        }
    }

    @Test("a hole in the known bits counts where all ranges are the same")
    func holes() {
        let few = Scalar(bits: Tnum(value: 0, mask: 0b10001))
        var more = Scalar(bits: Tnum(value: 0, mask: 0b10101))
        let isPossible = more.intersect(Scalar(0...17))
        #expect(isPossible && few.umax == 17 && more.umax == 17 && more.contains(4))
        #expect(!few.covers(more) && more.covers(few))
    }

    @Test("a plain range covers all that lies inside it")
    func rangesCover() {
        for family in [Family.unsigned(Word4.self), Family.signed(Word4.self), Family.bits(Word4.self)] {
            for a in family {
                for b in Self.samples where b.set & ~a.set == 0 && !a.scalar.covers(b.scalar) {
                    Issue.record("\(a.scalar) covers \(b.scalar)")
                    return
                }
            }
        }
    }

    @Test("an intersection keeps what is in both, and nothing that is in neither")
    func intersection() {
        for a in Self.samples {
            for b in Self.samples {
                var both = a.scalar
                let isPossible = both.intersect(b.scalar)
                let set = isPossible ? Sample(both)?.set ?? 0 : 0
                if set != a.set & b.set {
                    Issue.record("\(a.scalar) and \(b.scalar) meet in more or less than \(both)")
                    return
                }
            }
        }
    }

    @Test("a union covers both")
    func union() {
        for a in Self.samples {
            for b in Self.samples {
                let union = Scalar4.union(a.scalar, b.scalar)
                if !union.covers(a.scalar) || !union.covers(b.scalar) {
                    Issue.record("\(union) is not the union of \(a.scalar) and \(b.scalar)")
                    return
                }
            }
        }
    }

    @Test("deduction changes no set, and comes to an end")
    func synchronisation() {
        for sample in Self.samples {
            var again = sample.scalar
            let isPossible = again.synchronise()
            #expect(isPossible)
            #expect(again == sample.scalar)
        }
    }

    /// Known bits, both ranges, and ranges of the half, over each other without any deduction before.
    @Test("deduction loses nothing, and finds every contradiction between bits and ranges")
    func deduction() {
        let tnums = Family.tnums(width: 4)
        for (index, bits) in tnums.enumerated() {
            for low in UInt64(0)...15 {
                for high in low...15 {
                    // Every signed range comes up, with other bits each.
                    let first = Int64((Int(low) * 7 + index) % 16) - 8
                    let last = first + Int64((Int(high) * 5 + index) % (8 - Int(first)))
                    let raw = Word(width: 4, bits: bits, umin: low, umax: high, smin: first, smax: last)
                    let members = (UInt64(0)...15).filter {
                        bits.contains($0) && (low...high).contains($0) && (first...last).contains(raw.signed($0))
                    }
                    var word = raw
                    let isPossible = word.reduce()
                    #expect(isPossible == !members.isEmpty)
                    guard isPossible else { continue }
                    let signed = members.map(raw.signed)
                    #expect(word.umin == members.min() && word.umax == members.max())
                    #expect(word.smin == signed.min() && word.smax == signed.max())
                    #expect(members.allSatisfy(word.bits.contains))
                }
            }
        }
    }
}
