/// Deduction between the whole and its low half.
extension SizedScalar {
    /// Makes each component as tight as the others allow; false: no number is in all of them, and this is without meaning.
    @discardableResult
    mutating func synchronise() -> Bool {
        var (word, half) = (word, half)
        guard Self.synchronise(&word, &half) else { return false }
        self = Self(word, half: half)
        return true
    }

    /// The known bits of the half are those of the word; what `half.bits` says is not looked at.
    @inline(__always)
    static func synchronise(_ word: inout Word, _ half: inout Word) -> Bool {
        guard word.reduce() else { return false }
        if let constant = word.constant {
            let low = constant & halfLimit
            let signed = half.signed(low)
            guard half.umin <= low, low <= half.umax, half.smin <= signed, signed <= half.smax else { return false }
            half = Word(constant: low, width: halfBits)
            return true
        }
        // Twice reaches the fixpoint but for rare cases, in which a component stays wider than it could be.
        for _ in 0..<2 {
            half.bits = word.bits.masked(halfLimit)
            half.meetLow(of: word)
            guard half.reduce() else { return false }
            guard !half.isUnknown else { return true }
            let before = word
            guard word.meetBits(ofHalf: half), word.tighten(toLow: half) else { return false }
            if word == before { return true }
            guard word.reduce() else { return false }
        }
        half.bits = word.bits.masked(halfLimit)
        return half.reduce()
    }
}

extension Word {
    /// Of a half: keeps the low halves of what `word` allows. Where an arc is shorter than the half's circle they are on
    /// an arc there.
    @inline(__always)
    fileprivate mutating func meetLow(of word: Word) {
        if word.span <= limit { meetArc(from: word.umin & limit, length: word.span) }
        if word.signedSpan <= limit { meetArc(from: word.pattern(word.smin) & limit, length: word.signedSpan) }
    }

    /// Of a word: moves the ends of its ranges inward to numbers whose low half is one that `half` allows; false: there
    /// are none.
    @inline(__always)
    fileprivate mutating func tighten(toLow half: Word) -> Bool {
        let low = half.next(umin)
        let high = half.previous(umax)
        let signedLow = signed(half.next(pattern(smin)) & limit)
        let signedHigh = signed(half.previous(pattern(smax)) & limit)
        // Beyond the end of the circle there is nothing.
        guard low & limit >= umin, high & limit <= umax, signedLow >= smin, signedHigh <= smax else { return false }
        (umin, umax, smin, smax) = (low & limit, high & limit, signedLow, signedHigh)
        return true
    }

    /// Of a half: the first number from `floor` on, wrapping around, whose low half it allows.
    @inline(__always)
    private func next(_ floor: UInt64) -> UInt64 {
        let low = floor & limit
        let high = floor & ~limit
        if low < umin { return high | umin }
        if low > umax { return (high &+ limit &+ 1) | umin }
        // A range that spans both signs has a gap among the unsigned numbers.
        if smin < 0 && low > UInt64(bitPattern: smax) && low < pattern(smin) { return high | pattern(smin) }
        return floor
    }

    /// Of a half: the last number down from `ceiling`, wrapping around, whose low half it allows.
    @inline(__always)
    private func previous(_ ceiling: UInt64) -> UInt64 {
        let low = ceiling & limit
        let high = ceiling & ~limit
        if low > umax { return high | umax }
        if low < umin { return (high &- limit &- 1) | umax }
        if smin < 0 && low > UInt64(bitPattern: smax) && low < pattern(smin) { return high | UInt64(bitPattern: smax) }
        return ceiling
    }
}
