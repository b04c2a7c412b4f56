/// How numbers are put into instructions.
enum ARM64Immediate {
    /// The 13 bits N, immr and imms of a logical instruction; nil for what is no pattern of 2 to 64 bits, repeated, of one
    /// run of ones, rotated.
    static func logical(_ value: UInt64, _ width: ARM64Width) -> UInt32? {
        let value = width == .bits64 ? value : (value & 0xFFFF_FFFF) | value << 32
        guard value != 0, value != .max else { return nil }
        var size = 64
        while size > 2 {
            let half = size / 2
            let mask = (UInt64(1) << UInt64(half)) - 1
            guard value & mask == value >> UInt64(half) & mask else { break }
            size = half
        }
        let mask = size == 64 ? UInt64.max : (UInt64(1) << UInt64(size)) - 1
        let element = value & mask
        let ones = element.nonzeroBitCount
        let run = (UInt64(1) << UInt64(ones)) - 1
        // By how much the run is to be rotated to the right to give the element. One around the end has ones at both.
        let rotation =
            element & 1 == 0 ? size - element.trailingZeroBitCount : element == run ? 0 : leading(element, size)
        guard rotated(run, right: rotation, size: size, mask: mask) == element else { return nil }
        let sizeBits = UInt32(truncatingIfNeeded: ~(size * 2 - 1)) & 0x3F
        let n: UInt32 = size == 64 ? 1 : 0
        return n << 12 | UInt32(rotation & (size - 1)) << 6 | sizeBits | UInt32(ones - 1)
    }

    /// Ones at the upper end of an element.
    private static func leading(_ element: UInt64, _ size: Int) -> Int {
        (~(element << UInt64(64 - size))).leadingZeroBitCount
    }

    private static func rotated(_ value: UInt64, right count: Int, size: Int, mask: UInt64) -> UInt64 {
        let count = UInt64(count & (size - 1))
        guard count > 0 else { return value }
        return (value >> count | value << (UInt64(size) - count)) & mask
    }

    /// The 13 bits of shift and number of an addition; nil for what has more than 12 bits at one of the two places.
    static func arithmetic(_ value: UInt64) -> UInt32? {
        if value < 1 << 12 { return UInt32(value) }
        if value < 1 << 24, value & 0xFFF == 0 { return 1 << 12 | UInt32(value >> 12) }
        return nil
    }
}
