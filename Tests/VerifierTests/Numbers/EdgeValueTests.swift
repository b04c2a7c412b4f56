import Testing

@testable import Verifier

/// The real width: random scalars that allow random numbers of the kind where overflow, sign and half matter.
struct EdgeValueTests {
    static let rounds = 1000

    @Test("ALU64", arguments: ALU.allCases)
    func alu64(_ operation: ALU) {
        var random = RandomScalars<Word64>(seed: UInt64(operation.rawValue))
        check(operation, is32: false, &random, rounds: Self.rounds)
    }

    @Test("ALU32", arguments: ALU.allCases)
    func alu32(_ operation: ALU) {
        var random = RandomScalars<Word64>(seed: UInt64(operation.rawValue) + 100)
        check(operation, is32: true, &random, rounds: Self.rounds)
    }

    @Test("words of 8 bits, halves of 4", arguments: ALU.allCases)
    func small(_ operation: ALU) {
        var random = RandomScalars<Word8>(seed: UInt64(operation.rawValue) + 200)
        check(operation, is32: false, &random, rounds: Self.rounds)
        check(operation, is32: true, &random, rounds: Self.rounds)
    }

    private func check<Size: WordSize>(
        _ operation: ALU, is32: Bool, _ random: inout RandomScalars<Size>, rounds: Int
    ) {
        let reference = Reference(width: is32 ? Size.bits / 2 : Size.bits)
        for _ in 0..<rounds {
            let (x, y) = (random.number(), random.number())
            let (a, b) = (random.scalar(allowing: x), random.scalar(allowing: y))
            guard a.contains(x), b.contains(y) else {
                Issue.record("deduction lost \(x) from \(a) or \(y) from \(b)")
                return
            }
            var result = a
            result.apply(operation, b, is32: is32)
            let expected = reference.apply(operation, x & reference.limit, y & reference.limit)
            if !result.contains(expected) {
                Issue.record("\(operation) of \(a) and \(b): \(x), \(y) gives \(expected), not \(result)")
                return
            }
            if a.isConstant && b.isConstant && result.constant != expected {
                Issue.record("\(operation) of \(x) and \(y) is \(expected), not \(result)")
            }
        }
    }

    @Test("comparisons", arguments: Comparison.allCases, [false, true])
    func comparisons(_ comparison: Comparison, is32: Bool) {
        var random = RandomScalars<Word64>(seed: UInt64(comparison.rawValue) + (is32 ? 400 : 300))
        for _ in 0..<Self.rounds {
            let x = random.number()
            let y = random.below(3) == 0 ? x : random.number()
            let (a, b) = (random.scalar(allowing: x), random.scalar(allowing: y))
            if let problem = flaw(comparison, (a, x), (b, y), is32: is32) {
                Issue.record("\(a) \(comparison) \(b): \(problem)")
                return
            }
        }
    }

    private func flaw(
        _ comparison: Comparison, _ a: (scalar: Scalar, number: UInt64), _ b: (scalar: Scalar, number: UInt64),
        is32: Bool
    ) -> String? {
        let reference = Reference(width: is32 ? 32 : 64)
        let holds = reference.compare(comparison, a.number & reference.limit, b.number & reference.limit)
        if let decided = a.scalar.decide(comparison, b.scalar, is32: is32), decided != holds {
            return "is \(holds) for \(a.number), \(b.number)"
        }
        var (x, y) = (a.scalar, b.scalar)
        guard Scalar.refine(&x, &y, comparison, taken: holds, is32: is32) else { return "lost all" }
        return x.contains(a.number) && y.contains(b.number) ? nil : "lost \(a.number) or \(b.number)"
    }

    /// What one operation leaves goes into the next, so that components come together that no generator thinks of.
    @Test("long runs of all operations over four registers", arguments: 0..<20)
    func runs(_ seed: UInt64) {
        var random = RandomScalars<Word64>(seed: seed + 1000)
        for _ in 0..<10 {
            var numbers = (0..<4).map { _ in random.number() }
            var scalars = numbers.map { random.scalar(allowing: $0) }
            for _ in 0..<40 {
                let (to, from) = (Int(random.below(4)), Int(random.below(4)))
                let before = (scalars[to], scalars[from])
                let step = step(&numbers, &scalars, to, from, &random)
                if !scalars[to].contains(numbers[to]) || !scalars[from].contains(numbers[from]) {
                    Issue.record("\(step) of \(before.0) and \(before.1): \(numbers[to]) is not in \(scalars[to])")
                    return
                }
                if scalars[to] == .unknown { scalars[to] = random.scalar(allowing: numbers[to]) }
            }
        }
    }

    /// One instruction or jump.
    private func step(
        _ numbers: inout [UInt64], _ scalars: inout [Scalar], _ to: Int, _ from: Int,
        _ random: inout RandomScalars<Word64>
    ) -> String {
        let is32 = random.below(2) == 0
        let reference = Reference(width: is32 ? 32 : 64)
        switch random.below(9) {
        case 0:
            let bits = random.choose([8, 16, 32])
            let part = Reference(width: bits)
            let extended = UInt64(bitPattern: part.signed(numbers[to] & part.limit))
            numbers[to] = extended & (is32 ? 0xffff_ffff : .max)
            scalars[to].moveSignExtended(from: bits, is32: is32)
            return "sign extension from \(bits), \(is32)"
        case 1:
            let bits = random.choose([8, 16, 32])
            numbers[to] &= Reference(width: bits).limit
            scalars[to].truncate(to: bits)
            return "truncation to \(bits)"
        case 2:
            let bits = random.choose([16, 32, 64])
            numbers[to] = numbers[to].byteSwapped >> UInt64(64 - bits)
            scalars[to].swapBytes(bits: bits)
            return "byte swap of \(bits)"
        case 3 where to != from, 4 where to != from:
            let comparison = random.choose(Comparison.allCases)
            let holds = reference.compare(comparison, numbers[to] & reference.limit, numbers[from] & reference.limit)
            var (a, b) = (scalars[to], scalars[from])
            #expect(a.decide(comparison, b, is32: is32) != !holds)
            let isPossible = Scalar.refine(&a, &b, comparison, taken: holds, is32: is32)
            #expect(isPossible)
            (scalars[to], scalars[from]) = (a, b)
            return "\(comparison) \(holds), \(is32)"
        default:
            let operation = random.choose(ALU.allCases)
            let other = scalars[from]
            numbers[to] = reference.apply(operation, numbers[to] & reference.limit, numbers[from] & reference.limit)
            scalars[to].apply(operation, other, is32: is32)
            return "\(operation), \(is32)"
        }
    }
}
