import Testing

@testable import Verifier

/// Every result of an ALU instruction is one that the transfer function allows.
struct OperationTests {
    @Test("known bits, every pair", arguments: ALU.allCases)
    func knownBits(_ operation: ALU) {
        let samples = Family.bits(Word4.self)
        check(operation, samples, is32: false)
    }

    @Test("unsigned ranges, every pair", arguments: ALU.allCases)
    func unsignedRanges(_ operation: ALU) {
        let samples = Family.unsigned(Word4.self)
        check(operation, samples, is32: false)
    }

    @Test("signed ranges, every pair", arguments: ALU.allCases)
    func signedRanges(_ operation: ALU) {
        let samples = Family.signed(Word4.self)
        check(operation, samples, is32: false)
    }

    @Test("32-bit form, every pair of ranges of the half", arguments: ALU.allCases)
    func halves(_ operation: ALU) {
        let samples = Family.halves(Word4.self)
        check(operation, samples, is32: true)
        check(operation, samples, is32: false)
    }

    @Test("all components at once", arguments: ALU.allCases)
    func mixed(_ operation: ALU) {
        let samples = Family.mixed(Word4.self, count: 400, seed: UInt64(operation.rawValue))
        check(operation, samples, is32: false)
        check(operation, samples, is32: true)
    }

    /// Every pair of `samples`.
    private func check(_ operation: ALU, _ samples: [Sample<Word4>], is32: Bool) {
        let reference = Reference(width: is32 ? 2 : 4)
        for b in samples {
            let images = Images(b.members) { reference.apply(operation, $0 & reference.limit, $1 & reference.limit) }
            for a in samples {
                var result = a.scalar
                result.apply(operation, b.scalar, is32: is32)
                var again = result
                again.synchronise()
                if again != result {
                    Issue.record("\(operation) of \(a.scalar) and \(b.scalar): \(result) can be tighter, \(again)")
                    return
                }
                var possible = images.of(a.members)
                while possible != 0 {
                    let image = UInt64(possible.trailingZeroBitCount)
                    possible &= possible &- 1
                    if result.contains(image) { continue }
                    Issue.record("\(operation) of \(a.scalar) and \(b.scalar) may be \(image): \(result)")
                    return
                }
            }
        }
    }
}
