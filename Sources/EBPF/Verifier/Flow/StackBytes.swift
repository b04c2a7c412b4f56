/// A set of bytes of one function's stack. Byte `i` is the one at `r10 - 1 - i`.
struct StackBytes: Hashable, Sendable {
    private var words = SIMD8<UInt64>()

    static let none = StackBytes()
    static let all = StackBytes(words: SIMD8(repeating: .max))

    init() {}

    private init(words: SIMD8<UInt64>) { self.words = words }

    /// The bytes at these offsets from r10; those outside of -512 ..< 0 are left out.
    init(offsets: Range<Int>) {
        let low = max(0, -offsets.upperBound)
        let high = min(512, -offsets.lowerBound)
        guard low < high else { return }
        for word in (low >> 6)...((high - 1) >> 6) {
            let from = max(low - word << 6, 0)
            let to = min(high - word << 6, 64)
            words[word] = (UInt64.max >> UInt64(64 - (to - from))) << UInt64(from)
        }
    }

    var isEmpty: Bool { words == SIMD8<UInt64>() }

    mutating func formUnion(_ other: StackBytes) { words |= other.words }

    mutating func subtract(_ other: StackBytes) { words &= ~other.words }

    func isSuperset(of other: StackBytes) -> Bool { words | other.words == words }

    func contains(offset: Int) -> Bool {
        let byte = -1 - offset
        return (0..<512).contains(byte) && words[byte >> 6] >> UInt64(byte & 63) & 1 == 1
    }

    /// Bit `i` is set where any of the bytes at `r10 - 8 * (i + 1) ..< r10 - 8 * i` is in the set.
    var slots: UInt64 {
        var slots: UInt64 = 0
        for index in 0..<8 {
            var word = words[index]
            guard word != 0 else { continue }
            word |= word >> 4
            word |= word >> 2
            word |= word >> 1
            // The lowest bit of each byte, brought together in the highest byte.
            let gathered = (word & 0x0101_0101_0101_0101) &* 0x0102_0408_1020_4080
            slots |= (gathered >> 56) << UInt64(index * 8)
        }
        return slots
    }
}
