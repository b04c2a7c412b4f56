/// Deduction between the components.
extension Word {
    /// Makes each component as tight as the three together allow; false: no number is in all three.
    ///
    /// Numbers below the sign bit are in the same order in both ranges, and so are those from it on: within either half of
    /// the circle the ranges meet exactly, and both ends move inward to members of `bits`. The ranges are what spans both
    /// halves, and the known bits those that both have in common.
    @inline(__always)
    mutating func reduce() -> Bool {
        if let constant {
            let signed = signed(constant)
            guard umin <= constant, constant <= umax, smin <= signed, signed <= smax else { return false }
            (umin, umax, smin, smax) = (constant, constant, signed, signed)
            return true
        }
        var low = max(umin, UInt64(max(smin, 0)))
        var high = smax < 0 ? 0 : min(umax, UInt64(smax))
        let hasPositive = smax >= 0 && tighten(&low, &high)
        var negativeLow = smin < 0 ? max(umin, pattern(smin)) : limit
        var negativeHigh = smax < 0 ? min(umax, pattern(smax)) : umax
        let hasNegative = smin < 0 && tighten(&negativeLow, &negativeHigh)

        let unknown: UInt64
        if hasPositive && hasNegative {
            unknown = Tnum.spread(low ^ high) | Tnum.spread(negativeLow ^ negativeHigh) | (low ^ negativeLow)
            (umin, umax, smin, smax) = (low, negativeHigh, signed(negativeLow), signed(high))
        } else {
            guard hasPositive || hasNegative else { return false }
            if hasNegative { (low, high) = (negativeLow, negativeHigh) }
            unknown = Tnum.spread(low ^ high)
            (umin, umax, smin, smax) = (low, high, signed(low), signed(high))
        }
        bits = Tnum(value: low & ~(unknown & bits.mask), mask: unknown & bits.mask)
        return true
    }

    /// Moves both ends inward to members of `bits`; false: there are none between them.
    @inline(__always)
    private func tighten(_ low: inout UInt64, _ high: inout UInt64) -> Bool {
        guard low <= high, let first = bits.first(atLeast: low), let last = bits.last(atMost: high) else {
            return false
        }
        (low, high) = (first, last)
        return first <= last
    }
}
