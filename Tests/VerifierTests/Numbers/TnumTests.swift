import Testing

@testable import Verifier

/// Known bits alone, all of 4 bits and all pairs of them.
struct TnumTests {
    static let tnums = Family.tnums(width: 4)

    /// Its members among 0...15, as bits.
    static func set(_ tnum: Tnum) -> UInt64 {
        (UInt64(0)...15).reduce(0) { $0 | (tnum.contains($1) ? 1 << $1 : 0) }
    }

    /// The most precise one that has all members of `set`.
    static func hull(_ set: UInt64) -> Tnum {
        var hull: Tnum?
        for number in UInt64(0)..<16 where set >> number & 1 == 1 {
            hull = hull?.union(Tnum(constant: number)) ?? Tnum(constant: number)
        }
        return hull ?? .unknown
    }

    @Test("sets: subset, intersection, union are exact")
    func sets() {
        for a in Self.tnums {
            for b in Self.tnums {
                let (x, y) = (Self.set(a), Self.set(b))
                if a.covers(b) == (y & ~x == 0) && a.intersection(b).map(Self.set) ?? 0 == x & y
                    && a.union(b) == Self.hull(x | y)
                {
                    continue
                }
                Issue.record("\(a) and \(b)")
                return
            }
        }
    }

    @Test("the next member up and down is the nearest")
    func neighbours() {
        for tnum in Self.tnums {
            let members = (UInt64(0)...15).filter(tnum.contains)
            for number in UInt64(0)...15 {
                #expect(tnum.first(atLeast: number) == members.first { $0 >= number })
                #expect(tnum.last(atMost: number) == members.last { $0 <= number })
            }
        }
    }

    @Test("a range's known bits are its common prefix")
    func ranges() {
        for low in UInt64(0)...15 {
            for high in low...15 {
                let set = (low...high).reduce(UInt64(0)) { $0 | 1 << $1 }
                #expect(Tnum(from: low, through: high).covers(Self.hull(set)))
                #expect(Tnum(from: low, through: high).contains(low))
                #expect(Tnum.spread(low ^ high) == Tnum(from: low, through: high).mask)
            }
        }
    }

    private static let operations: [Operation] = [
        Operation(name: "and", tnum: { $0.and($1) }, number: { $0 & $1 }),
        Operation(name: "or", tnum: { $0.or($1) }, number: { $0 | $1 }),
        Operation(name: "xor", tnum: { $0.xor($1) }, number: { $0 ^ $1 }),
        Operation(name: "adding", tnum: { $0.adding($1) }, number: { $0 &+ $1 }),
        Operation(name: "subtracting", tnum: { $0.subtracting($1) }, number: { $0 &- $1 }),
    ]

    private struct Operation: Sendable {
        let name: String
        let tnum: @Sendable (Tnum, Tnum) -> Tnum
        let number: @Sendable (UInt64, UInt64) -> UInt64
    }

    @Test("these are as precise as known bits can be", arguments: 0..<5)
    func exact(_ index: Int) {
        let operation = Self.operations[index]
        for b in Self.tnums {
            let images = Images(Self.set(b).numbers) { operation.number($0, $1) & 15 }
            for a in Self.tnums {
                let result = operation.tnum(a, b).masked(15)
                if result != Self.hull(images.of(Self.set(a).numbers)) {
                    Issue.record("\(operation.name) of \(a) and \(b) is not \(result)")
                    return
                }
            }
        }
    }

    @Test("products are allowed; by a power of two exact; half of all are")
    func products() {
        var exact = 0
        for b in Self.tnums {
            let images = Images(Self.set(b).numbers) { $0 &* $1 & 15 }
            for a in Self.tnums {
                let result = a.multiplied(by: b, limit: 15)
                let hull = Self.hull(images.of(Self.set(a).numbers))
                if !result.covers(hull) {
                    Issue.record("the product of \(a) and \(b) is not \(result)")
                    return
                }
                if result == hull { exact += 1 } else { #expect(!b.isConstant || b.value.nonzeroBitCount > 1) }
            }
        }
        #expect(exact * 2 > Self.tnums.count * Self.tnums.count)
    }

    @Test("shifts by a constant are exact")
    func shifts() {
        let reference = Reference(width: 4)
        for tnum in Self.tnums {
            for amount in UInt64(0)..<4 {
                let images = { (operation: ALU) in
                    Self.hull(Images([amount]) { reference.apply(operation, $0, $1) }.of(Self.set(tnum).numbers))
                }
                #expect(tnum.shiftedLeft(amount).masked(15) == images(.lsh))
                #expect(tnum.shiftedRight(amount) == images(.rsh))
                #expect(tnum.shiftedRightSigned(amount, width: 4) == images(.arsh))
            }
        }
    }
}
