/// And, or, exclusive or. Results are not reduced.
extension Word {
    @inline(__always)
    func and(_ other: Word) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.and(other.bits)
        result.meetUnsigned(0, min(umax, other.umax))
        // At most the one that is not negative, else at most either.
        result.smax = max(smax, other.smax)
        return result
    }

    @inline(__always)
    func or(_ other: Word) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.or(other.bits)
        result.meetUnsigned(max(umin, other.umin), highestSum(other))
        // At least the one that is negative, else at least either.
        result.smin = min(smin, other.smin)
        return result
    }

    @inline(__always)
    func xor(_ other: Word) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.xor(other.bits)
        result.meetUnsigned(0, highestSum(other))
        return result
    }

    /// `a | b` and `a ^ b` are `a + b` without some carries.
    @inline(__always)
    private func highestSum(_ other: Word) -> UInt64 {
        let (sum, overflow) = umax.addingReportingOverflow(other.umax)
        return overflow ? limit : min(sum, limit)
    }
}
