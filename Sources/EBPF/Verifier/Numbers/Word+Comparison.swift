/// What comparisons tell of two words, and they of it.
extension Word {
    /// True: holds for all pairs; false: for none; nil: neither is known.
    @inline(__always)
    func decide(_ comparison: Comparison, _ other: Word) -> Bool? {
        switch comparison {
        case .eq: isEqual(other)
        case .ne: isEqual(other).map { !$0 }
        case .lt: umax < other.umin ? true : umin >= other.umax ? false : nil
        case .le: umax <= other.umin ? true : umin > other.umax ? false : nil
        case .gt: umin > other.umax ? true : umax <= other.umin ? false : nil
        case .ge: umin >= other.umax ? true : umax < other.umin ? false : nil
        case .slt: smax < other.smin ? true : smin >= other.smax ? false : nil
        case .sle: smax <= other.smin ? true : smin > other.smax ? false : nil
        case .sgt: smin > other.smax ? true : smax <= other.smin ? false : nil
        case .sge: smin >= other.smax ? true : smax < other.smin ? false : nil
        case .set: bits.value & other.bits.value != 0 ? true : bits.possible & other.bits.possible == 0 ? false : nil
        }
    }

    @inline(__always)
    private func isEqual(_ other: Word) -> Bool? {
        if let constant, let second = other.constant { return constant == second }
        let disjoint =
            umin > other.umax || umax < other.umin || smin > other.smax || smax < other.smin
            || (bits.value ^ other.bits.value) & ~bits.mask & ~other.bits.mask != 0
        return disjoint ? false : nil
    }

    /// Keeps of both what may satisfy the comparison; false: no pair does. Results are not reduced, and may turn out to be
    /// empty when they are.
    @inline(__always)
    static func refine(_ a: inout Word, _ b: inout Word, _ comparison: Comparison) -> Bool {
        switch comparison {
        case .eq:
            guard a.meet(b) else { return false }
            b = a
            return true
        case .ne:
            if let constant = b.constant { return a.exclude(constant) }
            return a.constant.map { b.exclude($0) } ?? true
        case .lt: return a.makeLess(than: &b)
        case .gt: return b.makeLess(than: &a)
        case .le:
            if PlantedFlaw.isPlanted(.atMostRefinesAsLess) { return a.makeLess(than: &b) }
            a.makeAtMost(&b)
        case .ge: b.makeAtMost(&a)
        case .slt: return a.makeLessSigned(than: &b)
        case .sgt: return b.makeLessSigned(than: &a)
        case .sle: a.makeAtMostSigned(&b)
        case .sge: b.makeAtMostSigned(&a)
        case .set:
            let common = a.bits.possible & b.bits.possible
            guard a.require(oneOf: common) else { return false }
            return b.require(oneOf: common)
        }
        return true
    }

    /// `a & b == 0`, the other side of `set`: what is 1 in one is 0 in the other.
    @inline(__always)
    static func refineUnset(_ a: inout Word, _ b: inout Word) -> Bool {
        guard a.bits.value & b.bits.value == 0 else { return false }
        let ones = a.bits.value
        a.bits.mask &= ~b.bits.value
        b.bits.mask &= ~ones
        return true
    }

    /// Only at an end of a range is there a use for one number less.
    @inline(__always)
    private mutating func exclude(_ number: UInt64) -> Bool {
        if let constant { return constant != number }
        // Reduced and no constant: there are two numbers at least, and nothing wraps.
        let signed = signed(number)
        if umin == number { umin &+= 1 } else if umax == number { umax &-= 1 }
        if smin == signed { smin &+= 1 } else if smax == signed { smax &-= 1 }
        return true
    }

    @inline(__always)
    private mutating func makeLess(than other: inout Word) -> Bool {
        guard other.umax > 0, umin < limit else { return false }
        umax = min(umax, other.umax &- 1)
        other.umin = max(other.umin, umin &+ 1)
        return true
    }

    @inline(__always)
    private mutating func makeAtMost(_ other: inout Word) {
        umax = min(umax, other.umax)
        other.umin = max(other.umin, umin)
    }

    @inline(__always)
    private mutating func makeLessSigned(than other: inout Word) -> Bool {
        guard other.smax > ~Int64(limit &>> 1), smin < Int64(limit &>> 1) else { return false }
        smax = min(smax, other.smax &- 1)
        other.smin = max(other.smin, smin &+ 1)
        return true
    }

    @inline(__always)
    private mutating func makeAtMostSigned(_ other: inout Word) {
        smax = min(smax, other.smax)
        other.smin = max(other.smin, smin)
    }

    /// One of the bits of `common` is 1: which, is known only where there is no choice.
    @inline(__always)
    private mutating func require(oneOf common: UInt64) -> Bool {
        guard common != 0 else { return false }
        let lowest = common & (0 &- common)
        if common == lowest { return meetBits(Tnum(value: common, mask: limit & ~common)) }
        umin = max(umin, lowest)
        return true
    }
}
