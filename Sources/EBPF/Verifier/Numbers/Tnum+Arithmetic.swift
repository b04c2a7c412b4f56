/// Transfer functions: the result holds `a op b` for all members a and b. They compute on 64 bits; a caller with narrower
/// words masks the result.
extension Tnum {
    func adding(_ other: Tnum) -> Tnum {
        // Carries are fewest between the smallest members and most between the largest: a bit that is the same in both
        // sums, and known in both operands, is the same in all sums.
        Tnum(least: value &+ other.value, most: possible &+ other.possible, unknown: mask | other.mask)
    }

    func subtracting(_ other: Tnum) -> Tnum {
        Tnum(least: value &- other.possible, most: possible &- other.value, unknown: mask | other.mask)
    }

    private init(least: UInt64, most: UInt64, unknown: UInt64) {
        let mask = (least ^ most) | unknown
        self.init(value: least & ~mask, mask: mask)
    }

    /// The bits of `limit` of the product. Long multiplication both ways round: neither is the more precise one everywhere.
    func multiplied(by other: Tnum, limit: UInt64) -> Tnum {
        if isConstant && other.isConstant { return Tnum(constant: value &* other.value & limit) }
        let one = longProduct(other, limit: limit)
        let two = other.longProduct(self, limit: limit)
        return one.intersection(two) ?? one
    }

    /// A digit that is 1 adds the shifted multiplicand; of an unknown digit both outcomes count.
    private func longProduct(_ multiplicand: Tnum, limit: UInt64) -> Tnum {
        // Where all digits from some place on are unknown, all bits of the result are, from the lowest that the multiplicand
        // moves there.
        let known = Self.spread(~mask & limit)
        let lowest = multiplicand.possible & (0 &- multiplicand.possible)
        var sum = Tnum(constant: 0)
        var digits = possible & known
        while digits != 0 {
            let position = UInt64(truncatingIfNeeded: digits.trailingZeroBitCount)
            let with = sum.adding(multiplicand.shiftedLeft(position))
            sum = (value &>> position) & 1 == 1 ? with : sum.union(with)
            digits &= digits &- 1
        }
        if known == limit || lowest == 0 { return sum.masked(limit) }
        let mask = (sum.mask | (0 &- lowest &* (known &+ 1))) & limit
        return Tnum(value: sum.value & ~mask & limit, mask: mask)
    }

    func and(_ other: Tnum) -> Tnum {
        let ones = value & other.value
        return Tnum(value: ones, mask: possible & other.possible & ~ones)
    }

    func or(_ other: Tnum) -> Tnum {
        let ones = value | other.value
        return Tnum(value: ones, mask: (mask | other.mask) & ~ones)
    }

    func xor(_ other: Tnum) -> Tnum {
        let mask = mask | other.mask
        return Tnum(value: (value ^ other.value) & ~mask, mask: mask)
    }

    /// - Parameter amount: 0...63.
    @inline(__always)
    func shiftedLeft(_ amount: UInt64) -> Tnum {
        Tnum(value: value &<< amount, mask: mask &<< amount)
    }

    /// - Parameter amount: 0...63.
    @inline(__always)
    func shiftedRight(_ amount: UInt64) -> Tnum {
        Tnum(value: value &>> amount, mask: mask &>> amount)
    }

    /// Copies of the topmost of `width` bits come in, known or not.
    /// - Parameter amount: 0..<width.
    @inline(__always)
    func shiftedRightSigned(_ amount: UInt64, width: Int) -> Tnum {
        func shift(_ bits: UInt64) -> UInt64 {
            let moved = Word.signed(bits, width: width) &>> Int64(bitPattern: amount)
            return UInt64(bitPattern: moved) & (UInt64.max &>> UInt64(64 &- width))
        }
        return Tnum(value: shift(value), mask: shift(mask))
    }
}
