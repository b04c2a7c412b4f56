/// Moves that change how many bits count: truncation, sign extension, byte order.
extension SizedScalar {
    /// Keeps the low `bits` bits, zero-extended. At most the low half.
    mutating func truncate(to bits: Int) {
        setZeroExtended(bits == Self.halfBits ? half : half.zeroExtended(from: bits))
    }

    /// MOVSX, and loads with sign extension: sign-extends the low `bits` bits, at most the low half, to the word; with
    /// `is32` to the low half, with zeroes above it.
    mutating func moveSignExtended(from bits: Int, is32: Bool) {
        if PlantedFlaw.isPlanted(.signExtensionByZeros) { return truncate(to: bits) }
        let half = bits == Self.halfBits ? half : half.signExtended(from: bits)
        if is32 { return setZeroExtended(half) }
        var word = Word(unknown: Size.bits)
        let gap = UInt64(Size.bits &- Self.halfBits)
        word.bits = half.bits.shiftedLeft(gap).shiftedRightSigned(gap, width: Size.bits)
        word.meetSigned(half.smin, half.smax)
        _ = word.reduce()
        self = Self(word, half: half)
        synchronise()
    }

    /// Reverses the order of the low `bits` / 8 bytes, and zeroes the rest.
    mutating func swapBytes(bits: Int) {
        let byte = UInt64(Size.bits &>> 3)
        func swapped(_ pattern: UInt64) -> UInt64 {
            var result: UInt64 = 0
            for position in stride(from: 0, to: UInt64(bits), by: Int(byte)) {
                let digit = pattern &>> position & ((1 &<< byte) &- 1)
                result |= digit &<< (UInt64(bits) &- byte &- position)
            }
            return result
        }
        self = Self(bits: Tnum(value: swapped(self.bits.value), mask: swapped(self.bits.mask)))
    }
}
