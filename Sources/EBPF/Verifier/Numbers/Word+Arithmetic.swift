/// Addition, subtraction, negation, multiplication. Results are not reduced.
extension Word {
    /// Sums of numbers on two arcs are on the arc between the sum of the beginnings and the sum of the ends.
    @inline(__always)
    func adding(_ other: Word) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.adding(other.bits).masked(limit)
        result.meetArc(from: umin &+ other.umin, lengths: span, other.span)
        result.meetArc(from: pattern(smin &+ other.smin), lengths: signedSpan, other.signedSpan)
        return result
    }

    @inline(__always)
    func subtracting(_ other: Word) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.subtracting(other.bits).masked(limit)
        result.meetArc(from: umin &- other.umax, lengths: span, other.span)
        result.meetArc(from: pattern(smin &- other.smax), lengths: signedSpan, other.signedSpan)
        return result
    }

    @inline(__always)
    private mutating func meetArc(from start: UInt64, lengths first: UInt64, _ second: UInt64) {
        let (length, overflow) = first.addingReportingOverflow(second)
        if !overflow && length <= limit { meetArc(from: start & limit, length: length) }
    }

    func negated() -> Word {
        Word(constant: 0, width: width).subtracting(self)
    }

    func multiplied(by other: Word) -> Word {
        var result = Word(unknown: width)
        result.bits = bits.multiplied(by: other.bits, limit: limit)
        let (high, overflow) = umax.multipliedReportingOverflow(by: other.umax)
        if !overflow && high <= limit { result.meetUnsigned(umin &* other.umin, high) }
        // The extremes of a product are at the corners.
        if let a = product(smin, other.smin), let b = product(smin, other.smax), let c = product(smax, other.smin),
            let d = product(smax, other.smax)
        {
            result.meetSigned(min(min(a, b), min(c, d)), max(max(a, b), max(c, d)))
        }
        return result
    }

    /// Nil: it does not fit.
    @inline(__always)
    private func product(_ a: Int64, _ b: Int64) -> Int64? {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow || signed(UInt64(bitPattern: product)) != product ? nil : product
    }
}
