/// Division and remainder, unsigned and signed, with the results that RFC 9669 section 4.1 gives where there are none:
/// a quotient by zero is 0, a remainder by zero the dividend. Results are not reduced.
extension Word {
    func divided(by other: Word) -> Word {
        var result = Word(unknown: width)
        if let divisor = other.constant, divisor & (divisor &- 1) == 0, divisor != 0 {
            result.bits = bits.shiftedRight(UInt64(truncatingIfNeeded: divisor.trailingZeroBitCount))
        }
        if other.umax == 0 { return Word(constant: 0, width: width) }
        let admitsZero = other.admitsZero && !PlantedFlaw.isPlanted(.divisorIsNeverZero)
        result.meetUnsigned(admitsZero ? 0 : umin / other.umax, umax / max(other.umin, 1))
        return result
    }

    func remainder(by other: Word) -> Word {
        // Nothing is taken away; the remainder by 0, too, is the dividend.
        if other.umax == 0 || (umax < other.umin && other.umin > 0) { return self }
        var result = Word(unknown: width)
        result.bits = lowBits(keptBy: other)
        if let divisor = other.constant, divisor != 0, umin / divisor == umax / divisor {
            result.meetUnsigned(umin % divisor, umax % divisor)
        } else {
            let admitsZero = other.admitsZero && !PlantedFlaw.isPlanted(.divisorIsNeverZero)
            result.meetUnsigned(0, admitsZero ? umax : min(umax, other.umax &- 1))
        }
        return result
    }

    /// What a multiple of 2^n leaves of known bits when multiples of it are taken away: the lowest n. Nothing is left above
    /// them of a power of two.
    private func lowBits(keptBy divisor: Word) -> Tnum {
        let zeros = divisor.bits.possible
        let kept = (zeros & (0 &- zeros)) &- 1
        let isPower = divisor.constant.map { $0 & ($0 &- 1) == 0 } ?? false
        return isPower ? bits.masked(kept) : Tnum(value: bits.value & kept, mask: (bits.mask & kept) | (limit & ~kept))
    }

    func dividedSigned(by other: Word) -> Word {
        let wraps = !PlantedFlaw.isPlanted(.smallestByMinusOne)
        if other.smin == -1 && other.smax == -1 && wraps { return negated() }
        var result = Word(unknown: width)
        var low = Int64.max
        var high = Int64.min
        func include(_ quotient: Int64) {
            low = min(low, quotient)
            high = max(high, quotient)
        }
        // Quotients by divisors of one sign are monotonous in both operands: their extremes are at the corners.
        func corners(_ first: Int64, _ last: Int64) {
            include(smin.dividedReportingOverflow(by: first).partialValue)
            include(smin.dividedReportingOverflow(by: last).partialValue)
            include(smax / first)
            include(smax / last)
        }
        if other.smax > 0 { corners(max(other.smin, 1), other.smax) }
        if other.smin < 0 {
            // The smallest number by -1 is itself.
            if other.smax >= -1 && smin == ~Int64(limit &>> 1) && wraps { return result }
            corners(other.smin, min(other.smax, -1))
        }
        if other.admitsZero { include(0) }
        result.meetSigned(low, high)
        return result
    }

    /// The sign is the dividend's, and the magnitude less than the divisor's.
    func remainderSigned(by other: Word) -> Word {
        var result = Word(unknown: width)
        var least = other.smin < 0 && other.smax > 0 ? 1 : min(other.smin.magnitude, other.smax.magnitude)
        if other.admitsZero { least = 0 }
        let most = max(other.smin.magnitude, other.smax.magnitude)
        if most == 0 || (smin.magnitude < least && smax.magnitude < least) { return self }
        // Without a sign on either side it is the unsigned remainder.
        if smin >= 0 && other.smin >= 0 { return remainder(by: other) }
        if other.smin == -1 && other.smax == -1 { return Word(constant: 0, width: width) }
        if other.smin == other.smax && smin / other.smin == smax / other.smin {
            result.meetSigned(smin % other.smin, smax % other.smin)
            return result
        }
        result.meetSigned(min(smin, 0), max(smax, 0))
        if !other.admitsZero {
            let reach = Int64(most &- 1)
            result.meetSigned(0 &- reach, reach)
        }
        return result
    }
}
