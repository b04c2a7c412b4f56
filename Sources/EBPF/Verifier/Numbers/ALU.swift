/// Arithmetic and logic of RFC 9669 section 4.1. `neg` ignores its second operand.
enum ALU: UInt8, CaseIterable, Sendable {
    case add, sub, mul, div, mod, sdiv, smod, or, and, xor, lsh, rsh, arsh, neg

    /// The result for two numbers of `width` bits: division by zero gives 0, remainder by zero the dividend, the smallest
    /// number divided by -1 itself; shift amounts count modulo the width.
    func evaluate(_ a: UInt64, _ b: UInt64, width: Int) -> UInt64 {
        let limit = UInt64.max &>> UInt64(64 &- width)
        let amount = b & UInt64(width &- 1)
        func signed(_ pattern: UInt64) -> Int64 { Word.signed(pattern, width: width) }
        let result: UInt64
        switch self {
        case .add: result = a &+ b
        case .sub: result = a &- b
        case .mul: result = a &* b
        case .div: result = b == 0 ? 0 : a / b
        case .mod: result = b == 0 ? a : a % b
        case .sdiv where b == 0: result = 0
        case .sdiv where b == limit: result = 0 &- a
        case .sdiv: result = UInt64(bitPattern: signed(a) / signed(b))
        case .smod where b == 0: result = a
        case .smod where b == limit: result = 0
        case .smod: result = UInt64(bitPattern: signed(a) % signed(b))
        case .or: result = a | b
        case .and: result = a & b
        case .xor: result = a ^ b
        case .lsh: result = a &<< amount
        case .rsh: result = a &>> amount
        case .arsh: result = UInt64(bitPattern: signed(a) &>> Int64(bitPattern: amount))
        case .neg: result = 0 &- a
        }
        return result & limit
    }
}
