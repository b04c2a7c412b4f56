@testable import Verifier

/// Words that are small enough to try all: 4 bits with halves of 2, 8 with halves of 4.
enum Word4: WordSize {
    static var bits: Int { 4 }
}

enum Word8: WordSize {
    static var bits: Int { 8 }
}

typealias Scalar4 = SizedScalar<Word4>
typealias Scalar8 = SizedScalar<Word8>

/// What the instructions do, from RFC 9669 section 4.1 and 4.3, on `width` bits: the reference for the transfer functions.
struct Reference {
    let width: Int

    var limit: UInt64 { width == 64 ? .max : (1 << UInt64(width)) - 1 }

    func signed(_ pattern: UInt64) -> Int64 {
        pattern >> UInt64(width - 1) & 1 == 1 ? Int64(bitPattern: pattern | ~limit) : Int64(bitPattern: pattern)
    }

    func apply(_ operation: ALU, _ a: UInt64, _ b: UInt64) -> UInt64 {
        let amount = b % UInt64(width)
        let (x, y) = (signed(a), signed(b))
        let result: UInt64
        switch operation {
        case .add: result = a &+ b
        case .sub: result = a &- b
        case .mul: result = a &* b
        case .div: result = b == 0 ? 0 : a / b
        case .mod: result = b == 0 ? a : a % b
        case .sdiv: result = y == 0 ? 0 : UInt64(bitPattern: x.dividedReportingOverflow(by: y).partialValue)
        case .smod: result = y == 0 ? a : UInt64(bitPattern: x.remainderReportingOverflow(dividingBy: y).partialValue)
        case .or: result = a | b
        case .and: result = a & b
        case .xor: result = a ^ b
        case .lsh: result = a << amount
        case .rsh: result = a >> amount
        case .arsh: result = UInt64(bitPattern: x >> Int64(amount))
        case .neg: result = 0 &- a
        }
        return result & limit
    }

    func compare(_ comparison: Comparison, _ a: UInt64, _ b: UInt64) -> Bool {
        switch comparison {
        case .eq: a == b
        case .ne: a != b
        case .gt: a > b
        case .ge: a >= b
        case .lt: a < b
        case .le: a <= b
        case .sgt: signed(a) > signed(b)
        case .sge: signed(a) >= signed(b)
        case .slt: signed(a) < signed(b)
        case .sle: signed(a) <= signed(b)
        case .set: a & b != 0
        }
    }
}
