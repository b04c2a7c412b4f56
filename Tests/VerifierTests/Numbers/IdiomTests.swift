import Testing

@testable import Verifier

/// What compilers make of C, in the real width: sequences whose result a verifier must know, or real programs fail.
struct IdiomTests {
    private func immediate(_ number: Int64) -> Scalar { Scalar(constant: UInt64(bitPattern: number)) }

    private func chain(_ start: Scalar, _ steps: (ALU, Int64, Bool)...) -> Scalar {
        var scalar = start
        for (operation, number, is32) in steps { scalar.apply(operation, immediate(number), is32: is32) }
        return scalar
    }

    @Test("a 32-bit result is zero-extended")
    func zeroExtension() {
        #expect(chain(.unknown, (.add, 1, true)) == .unsigned(bits: 32))
        #expect(chain(Scalar(signed: -1...1), (.or, 0, true)).umax == 0xffff_ffff)
        var low = Scalar.unknown
        low.truncate(to: 32)
        #expect(low == .unsigned(bits: 32))
    }

    @Test("IPv4 header length: a byte, its low four bits, times four")
    func headerLength() {
        let length = chain(.unsigned(bits: 8), (.and, 15, true), (.lsh, 2, true))
        #expect(length.umin == 0 && length.umax == 60 && length.bits == Tnum(value: 0, mask: 60))
        let options = chain(length, (.add, -20, false))
        #expect(options.smin == -20 && options.smax == 40)
    }

    @Test("sign extension by a pair of shifts keeps a 32-bit signed range")
    func shiftPair() {
        var index = Scalar.unknown
        var bound = immediate(-5)
        #expect(Scalar.refine(&index, &bound, .sge, taken: true, is32: true))
        bound = immediate(100)
        #expect(Scalar.refine(&index, &bound, .slt, taken: true, is32: true))
        let extended = chain(index, (.lsh, 32, false), (.arsh, 32, false))
        #expect(extended.smin == -5 && extended.smax == 99)
        let zeroExtended = chain(Scalar(0...99), (.lsh, 32, false), (.rsh, 32, false))
        #expect(zeroExtended == Scalar(0...99))
    }

    @Test("a 32-bit comparison bounds a zero-extended number, and its equality the number itself")
    func halfComparison() {
        var index = Scalar.unsigned(bits: 32)
        var bound = immediate(64)
        #expect(Scalar.refine(&index, &bound, .lt, taken: true, is32: true))
        #expect(index == Scalar(0...63))
        var key = Scalar.unsigned(bits: 32)
        bound = immediate(7)
        #expect(Scalar.refine(&key, &bound, .eq, taken: true, is32: true))
        #expect(key.constant == 7)
    }

    @Test("a signed 32-bit comparison with -1 does not bound the whole")
    func negativeImmediate() {
        var number = Scalar.unknown
        var bound = immediate(-1)
        #expect(Scalar.refine(&number, &bound, .eq, taken: true, is32: true))
        #expect(number.constant == nil && number.contains(0xffff_ffff) && number.contains(0x1_ffff_ffff))
    }

    @Test("a bound of the low half carries over where the upper half is known")
    func upperHalf() {
        var number = Scalar(signed: -0x8000_0000...0xffff_ffff)
        var bound = immediate(0)
        #expect(Scalar.refine(&number, &bound, .sge, taken: true, is32: true))
        #expect(number == Scalar(0...0x7fff_ffff))
    }

    @Test("a modulus bounds an index, also by a variable")
    func modulus() {
        #expect(chain(.unknown, (.mod, 10, false)) == Scalar(0...9))
        #expect(chain(.unsigned(bits: 32), (.mod, 16, true)) == Scalar(0...15))
        var bucket = Scalar.unknown
        bucket.apply(.mod, Scalar(1...128), is32: false)
        #expect(bucket == Scalar(0...127))
        bucket.apply(.mod, Scalar(0...128), is32: false)
        #expect(bucket == Scalar(0...127))
    }

    @Test("alignment survives addition and multiplication")
    func alignment() {
        let offset = chain(.unsigned(bits: 8), (.mul, 24, false), (.add, 8, false))
        #expect(offset.umin == 8 && offset.umax == 6128 && offset.bits.possible & 7 == 0)
    }

    @Test("a shifted 1 is a power of two at most")
    func powers() {
        var one = immediate(1)
        one.apply(.lsh, Scalar(0...4), is32: false)
        #expect(one.umin == 1 && one.umax == 16 && !one.contains(17))
    }

    @Test("masks of a sign fall into their two values")
    func masks() throws {
        let whole = try #require(chain(.unknown, (.arsh, 63, false)).masks)
        #expect(whole.zero.constant == 0 && whole.ones.constant == .max)
        let half = try #require(chain(.unknown, (.arsh, 31, true)).masks)
        #expect(half.zero.constant == 0 && half.ones.constant == 0xffff_ffff)
        #expect(Scalar(0...1).masks == nil && immediate(0).masks == nil)
    }

    @Test(
        "descriptions",
        arguments: [
            (Scalar(constant: 14), "14"), (Scalar(constant: .max), "-1"), (Scalar.unknown, "any number"),
            (Scalar(0...255), "0...255"), (Scalar.unsigned(bits: 32), "unsigned 0...2^32-1"),
            (Scalar(signed: -5...5), "-5...5"), (Scalar(1...UInt64.max), "unsigned 1...2^64-1"),
            (Scalar(bits: Tnum(value: 0, mask: 252)), "0...252, multiple of 4"),
            (Scalar(bits: Tnum(value: 1, mask: 6)), "1...7, multiple of 2 plus 1"),
            (Scalar(bits: Tnum(value: 0, mask: 0xf0f)), "0...3855, bits of 0xf0f"),
            (Scalar(bits: Tnum(value: 0x10, mask: 0xf0f)), "16...3871, 0x10 and bits of 0xf0f"),
            (Scalar(bits: Tnum(value: 0, mask: ~7)), "multiple of 8"),
        ])
    func descriptions(_ scalar: Scalar, _ text: String) {
        #expect(scalar.description == text)
    }

    @Test("what is known of the low half is said where nothing else is")
    func halfDescription() {
        var number = Scalar.unknown
        var bound = immediate(10)
        #expect(Scalar.refine(&number, &bound, .lt, taken: true, is32: true))
        #expect(number.description == "low 32 bits 0...9")
    }
}
