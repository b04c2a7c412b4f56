import Testing

@testable import Verifier

/// Where a component can say exactly what is possible, it does.
struct PrecisionTests {
    private static let unsigned = Family.unsigned(Word4.self)
    private static let signed = Family.signed(Word4.self)
    private static let constants = (UInt64(0)...15).compactMap { Sample(Scalar4(constant: $0)) }

    @Test("operations on constants give constants", arguments: ALU.allCases)
    func constants(_ operation: ALU) {
        let reference = Reference(width: 4)
        for a in UInt64(0)...15 {
            for b in UInt64(0)...15 {
                let expected = reference.apply(operation, a, b)
                #expect(operation.evaluate(a, b, width: 4) == expected)
                // The transfer functions alone, without the shortcut for constants.
                var word = Word(constant: a, width: 4).applying(operation, Word(constant: b, width: 4))
                let isPossible = word.reduce()
                #expect(isPossible && word.constant == expected, "\(a), \(b)")
            }
        }
    }

    @Test("unsigned results that do not wrap are exact", arguments: [ALU.add, .sub, .mul, .div, .lsh, .rsh])
    func unsignedRanges(_ operation: ALU) {
        check(operation, Self.unsigned, [.div, .lsh, .rsh].contains(operation) ? Self.constants : Self.unsigned) {
            a, b, result, images in
            let wraps =
                switch operation {
                case .add: a.umax + b.umax > 15
                case .sub: a.umin < b.umax
                case .mul: a.umax * b.umax > 15
                case .lsh: a.umax << (b.umin % 4) > 15
                default: false
                }
            return wraps || (result.umin, result.umax) == images.unsignedEnds
        }
    }

    @Test("signed results that do not wrap are exact", arguments: [ALU.add, .sub, .mul, .sdiv, .arsh, .neg])
    func signedRanges(_ operation: ALU) {
        check(operation, Self.signed, [.sdiv, .arsh, .neg].contains(operation) ? Self.constants : Self.signed) {
            a, b, result, images in
            let corners: [Int64] =
                switch operation {
                case .add: [a.smin + b.smin, a.smax + b.smax]
                case .sub: [a.smin - b.smax, a.smax - b.smin]
                case .mul: [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax]
                case .arsh: []
                default: [-a.smin]
                }
            return corners.contains { !(-8...7 ~= $0) } || (result.smin, result.smax) == images.signedEnds
        }
    }

    @Test("known bits with a constant are exact", arguments: [ALU.and, .or, .xor, .lsh, .rsh, .arsh])
    func knownBits(_ operation: ALU) {
        check(operation, Family.bits(Word4.self), Self.constants) { _, _, result, images in
            result.bits == TnumTests.hull(images)
        }
    }

    /// - Parameter isPrecise: operands, result, and all numbers that it should allow as bits.
    private func check(
        _ operation: ALU, _ samples: [Sample<Word4>], _ others: [Sample<Word4>],
        isPrecise: (Scalar4, Scalar4, Scalar4, UInt64) -> Bool
    ) {
        let reference = Reference(width: 4)
        for b in others {
            let images = Images(b.members) { reference.apply(operation, $0, $1) }
            for a in samples {
                var result = a.scalar
                result.apply(operation, b.scalar, is32: false)
                if isPrecise(a.scalar, b.scalar, result, images.of(a.members)) { continue }
                Issue.record("\(operation) of \(a.scalar) and \(b.scalar): \(result)")
                return
            }
        }
    }

    @Test(
        "plain ranges: refined exactly, and decided whenever they can be",
        arguments: Comparison.allCases.filter { $0 != .set })
    func comparisons(_ comparison: Comparison) {
        let isSigned = [.sgt, .sge, .slt, .sle].contains(comparison)
        let samples = isSigned ? Self.signed : Self.unsigned
        let others = comparison == .ne ? Self.constants : samples
        let relation = Relation(comparison, is32: false)
        for a in samples {
            for b in others {
                let kept = relation.pairs(a.set, b.set, taken: true)
                let lost = relation.pairs(a.set, b.set, taken: false)
                let decided = a.scalar.decide(comparison, b.scalar, is32: false)
                var (x, y) = (a.scalar, b.scalar)
                let isPossible = Scalar4.refine(&x, &y, comparison, taken: true, is32: false)
                let isExact =
                    isPossible ? isHull(x, kept.first, isSigned) && isHull(y, kept.second, isSigned) : kept.first == 0
                if isExact && decided == (lost.first == 0 ? true : kept.first == 0 ? false : nil) { continue }
                Issue.record("\(a.scalar) \(comparison) \(b.scalar): \(x), \(y)")
                return
            }
        }
    }

    private func isHull(_ scalar: Scalar4, _ set: UInt64, _ isSigned: Bool) -> Bool {
        isSigned
            ? (scalar.smin, scalar.smax) == set.signedEnds : (scalar.umin, scalar.umax) == set.unsignedEnds
    }

    @Test("a bit that is tested is known on both ways", arguments: [false, true])
    func testedBits(_ is32: Bool) {
        for bit in 0..<UInt64(is32 ? 32 : 64) {
            for taken in [false, true] {
                var (flags, mask) = (Scalar.unknown, Scalar(constant: 1 << bit))
                let isPossible = Scalar.refine(&flags, &mask, .set, taken: taken, is32: is32)
                #expect(isPossible)
                #expect(flags.bits == Tnum(value: taken ? 1 << bit : 0, mask: ~(1 << bit)))
                #expect(flags.decide(.set, mask, is32: is32) == taken)
            }
        }
    }
}
