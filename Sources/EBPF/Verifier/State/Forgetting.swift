/// How much is forgotten of two numbers that are to become one.
enum Forgetting {
    /// What tells them apart.
    case difference
    /// Their bounds, too: 0...2^n-1, or nothing is known. A range that grows by one at a time stops growing.
    case rounding
    case everything

    /// Holds whatever `a` and `b` hold.
    func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
        guard self != .everything else { return .unknown }
        let union = Scalar.union(a, b)
        guard self == .rounding else { return union }
        return union.umax > UInt32.max ? .unknown : .unsigned(bits: UInt64.bitWidth - union.umax.leadingZeroBitCount)
    }
}
