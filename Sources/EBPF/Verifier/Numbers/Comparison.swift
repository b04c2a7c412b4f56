/// Comparisons of conditional jumps, RFC 9669 section 4.3. `set` (JSET) is `a & b != 0`.
enum Comparison: UInt8, CaseIterable, Sendable {
    case eq, ne, gt, ge, lt, le, sgt, sge, slt, sle, set

    /// What holds exactly where this does not; nil for `set`, whose negation has no instruction.
    var negated: Comparison? {
        switch self {
        case .eq: .ne
        case .ne: .eq
        case .gt: .le
        case .ge: .lt
        case .lt: .ge
        case .le: .gt
        case .sgt: .sle
        case .sge: .slt
        case .slt: .sge
        case .sle: .sgt
        case .set: nil
        }
    }

    /// The same with the operands' places exchanged.
    var mirrored: Comparison {
        switch self {
        case .eq, .ne, .set: self
        case .gt: .lt
        case .ge: .le
        case .lt: .gt
        case .le: .ge
        case .sgt: .slt
        case .sge: .sle
        case .slt: .sgt
        case .sle: .sge
        }
    }
}
