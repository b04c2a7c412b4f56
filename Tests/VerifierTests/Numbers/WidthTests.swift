import Testing

@testable import Verifier

/// Truncation, sign extension and byte order: 8-bit words, of which the eighth part, a bit, stands for a byte.
struct WidthTests {
    static let samples: [Sample<Word8>] = {
        var random = RandomScalars<Word8>(seed: 2)
        let mixed = (0..<700).compactMap { _ in Sample(random.scalar(allowing: random.number())) }
        return mixed + Family.halves(Word8.self)
    }()

    @Test("truncation to 1, 2 and 4 bits", arguments: [1, 2, 4])
    func truncation(_ bits: Int) {
        check({ $0.truncate(to: bits) }, { $0 & ((1 << UInt64(bits)) - 1) })
    }

    @Test("sign extension from 1, 2 and 4 bits", arguments: [1, 2, 4], [false, true])
    func signExtension(_ bits: Int, is32: Bool) {
        let reference = Reference(width: bits)
        check(
            { $0.moveSignExtended(from: bits, is32: is32) },
            { UInt64(bitPattern: reference.signed($0 & reference.limit)) & (is32 ? 15 : 255) })
    }

    @Test("byte order of 2, 4 and 8 bits", arguments: [2, 4, 8])
    func byteOrder(_ bits: Int) {
        check(
            { $0.swapBytes(bits: bits) },
            { number in (0..<UInt64(bits)).reduce(0) { $0 | (number >> $1 & 1) << (UInt64(bits) - 1 - $1) } })
    }

    @Test("64 bits: byte order, truncation and sign extension of constants")
    func constants() {
        func result(_ change: (inout Scalar) -> Void) -> UInt64? {
            var scalar = Scalar(constant: 0x8182_8384_8586_8788)
            change(&scalar)
            return scalar.constant
        }
        #expect(result({ $0.swapBytes(bits: 16) }) == 0x8887)
        #expect(result({ $0.swapBytes(bits: 32) }) == 0x8887_8685)
        #expect(result({ $0.swapBytes(bits: 64) }) == 0x8887_8685_8483_8281)
        #expect(result({ $0.truncate(to: 8) }) == 0x88)
        #expect(result({ $0.truncate(to: 16) }) == 0x8788)
        #expect(result({ $0.truncate(to: 32) }) == 0x8586_8788)
        #expect(result({ $0.moveSignExtended(from: 8, is32: false) }) == 0xffff_ffff_ffff_ff88)
        #expect(result({ $0.moveSignExtended(from: 16, is32: true) }) == 0xffff_8788)
        #expect(result({ $0.moveSignExtended(from: 32, is32: false) }) == 0xffff_ffff_8586_8788)
    }

    private func check(_ transfer: (inout Scalar8) -> Void, _ reference: (UInt64) -> UInt64) {
        for sample in Self.samples {
            var result = sample.scalar
            transfer(&result)
            if let missing = sample.members.first(where: { !result.contains(reference($0)) }) {
                Issue.record("\(missing) of \(sample.scalar) becomes \(reference(missing)): \(result)")
                return
            }
            var again = result
            again.synchronise()
            if again != result {
                Issue.record("\(result) of \(sample.scalar) can be tighter: \(again)")
                return
            }
            let images = Set(sample.members.map(reference))
            if images.count == 1 && result.constant != images.first {
                Issue.record("\(sample.scalar) can only become \(images): \(result)")
            }
        }
    }
}
