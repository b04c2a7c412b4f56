/// The masks that compilers make of a sign bit.
extension SizedScalar {
    /// The two values, 0 and -1, where there are no others: `x s>> 63` and its like, which clang ands with a constant in the
    /// place of a branch. What follows is often provable of each alone and not of both, so it is worth to explore both.
    /// Of the low half, where only that is such a mask.
    var masks: (zero: Self, ones: Self)? {
        if isConstant { return nil }
        if smin == -1 && smax == 0 { return (Self(constant: 0), Self(constant: word.limit)) }
        guard s32min == -1 && s32max == 0 else { return nil }
        var (zero, ones) = (self, self)
        var (low, high) = (Self(constant: 0), Self(constant: Self.halfLimit))
        guard Self.refine(&zero, &low, .eq, taken: true, is32: true),
            Self.refine(&ones, &high, .eq, taken: true, is32: true)
        else { return nil }
        return (zero, ones)
    }
}
