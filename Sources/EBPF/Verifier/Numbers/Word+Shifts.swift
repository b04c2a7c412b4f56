/// Shifts, and the extensions that are made of them. Amounts count modulo the width. Results are not reduced.
extension Word {
    /// The amounts by which a shift by this word shifts.
    struct Amounts {
        var least: UInt64
        var most: UInt64
        var bits: Tnum
    }

    @inline(__always) var amounts: Amounts {
        let last = UInt64(width &- 1)
        if umax <= last { return Amounts(least: umin, most: umax, bits: bits) }
        if PlantedFlaw.isPlanted(.shiftAmountIsNotMasked) {
            return Amounts(least: min(umin, last), most: last, bits: Tnum(value: 0, mask: last))
        }
        let bits = bits.masked(last)
        return Amounts(least: bits.value, most: bits.possible, bits: bits)
    }

    @inline(__always)
    func shiftedLeft(by amounts: Amounts) -> Word {
        let (least, most) = (amounts.least, amounts.most)
        if least == most { return shiftedLeft(least) }
        var result = Word(unknown: width)
        result.bits = unionOfBits(amounts) { $0.shiftedLeft($1).masked(limit) }
        if umax <= limit &>> most { result.meetUnsigned(umin &<< least, umax &<< most) }
        let lowest = signed(UInt64(bitPattern: smin &<< Int64(bitPattern: most)))
        let highest = signed(UInt64(bitPattern: smax &<< Int64(bitPattern: most)))
        if lowest &>> Int64(bitPattern: most) == smin && highest &>> Int64(bitPattern: most) == smax {
            result.meetSigned(
                smin < 0 ? lowest : smin &<< Int64(bitPattern: least),
                smax < 0 ? smax &<< Int64(bitPattern: least) : highest)
        }
        return result
    }

    /// By a constant. An arc becomes a longer arc, as long as it stays shorter than the circle.
    @inline(__always)
    func shiftedLeft(_ amount: UInt64) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.shiftedLeft(amount).masked(limit)
        let longest = limit &>> amount
        if span <= longest { result.meetArc(from: (umin &<< amount) & limit, length: span &<< amount) }
        if signedSpan <= longest {
            result.meetArc(from: (pattern(smin) &<< amount) & limit, length: signedSpan &<< amount)
        }
        return result
    }

    @inline(__always)
    func shiftedRight(by amounts: Amounts) -> Word {
        var result = Word(unknown: width)
        result.bits = unionOfBits(amounts) { $0.shiftedRight($1) }
        result.meetUnsigned(umin &>> amounts.most, umax &>> amounts.least)
        return result
    }

    @inline(__always)
    func shiftedRightSigned(by amounts: Amounts) -> Word {
        var result = Word(unknown: width)
        let (least, most) = (Int64(bitPattern: amounts.least), Int64(bitPattern: amounts.most))
        result.bits = unionOfBits(amounts) { $0.shiftedRightSigned($1, width: width) }
        result.meetSigned(smin &>> (smin < 0 ? least : most), smax &>> (smax < 0 ? most : least))
        return result
    }

    @inline(__always)
    private func unionOfBits(_ amounts: Amounts, _ shift: (Tnum, UInt64) -> Tnum) -> Tnum {
        var result = shift(bits, amounts.least)
        var amount = amounts.least
        while amount < amounts.most {
            amount &+= 1
            if amounts.bits.contains(amount) { result = result.union(shift(bits, amount)) }
        }
        return result
    }

    /// The low `bits` bits, zero-extended to the width. The result is reduced.
    func zeroExtended(from bits: Int) -> Word {
        extended(from: bits) { $0.shiftedRight(by: $1) }
    }

    /// The low `bits` bits, sign-extended to the width. The result is reduced.
    func signExtended(from bits: Int) -> Word {
        extended(from: bits) { $0.shiftedRightSigned(by: $1) }
    }

    @inline(__always)
    private func extended(from bits: Int, _ shiftBack: (Word, Amounts) -> Word) -> Word {
        let amount = UInt64(width &- bits)
        var up = shiftedLeft(amount)
        _ = up.reduce()
        var back = shiftBack(up, Amounts(least: amount, most: amount, bits: Tnum(constant: amount)))
        _ = back.reduce()
        return back
    }
}
