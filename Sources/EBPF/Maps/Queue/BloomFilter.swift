import Object

/// A set of values that can tell for certain what is not in it: kernel/bpf/bloom_filter.c.
///
/// A value sets as many bits as there are hashes; one whose bits are all set may be in the set. Lives in the map's memory,
/// in front of its bits; `BloomMap` points to it.
struct BloomFilter {
    let bits: UnsafeMutableRawPointer
    /// Of a power of two of bits.
    let mask: UInt64
    let hashes: Int
    let valueSize: Int
    var secret = HashSecret()

    /// Hashes where the map's attributes name no number of them.
    static let standardHashes = 5

    /// Bits for `maxEntries` values so that one in about 30 that are not in it is taken to be, with 5 hashes: Linux's
    /// choice, n * k / ln 2 and up to a power of two, at most 2^32.
    static func bits(_ attributes: MapAttributes) -> Int {
        let wanted = attributes.maxEntries.multipliedReportingOverflow(by: 7 * hashes(attributes))
        guard !wanted.overflow, wanted.partialValue / 5 <= 1 << 31 else { return 1 << 32 }
        return max(64, powerOfTwo(notBelow: wanted.partialValue / 5))
    }

    private static func powerOfTwo(notBelow number: Int) -> Int {
        number <= 1 ? 1 : 1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
    }

    private static func hashes(_ attributes: MapAttributes) -> Int {
        attributes.extra == 0 ? standardHashes : Int(attributes.extra)
    }

    init(_ attributes: MapAttributes, bits: UnsafeMutableRawPointer) {
        self.bits = bits
        mask = UInt64(Self.bits(attributes) - 1)
        hashes = Self.hashes(attributes)
        valueSize = attributes.valueSize
    }

    func insert(_ value: UnsafeRawPointer) {
        forEachBit(value) { word, bit in
            word.atomic64().pointee.bitwiseOr(bit, ordering: .relaxed)
            return true
        }
    }

    func mayContain(_ value: UnsafeRawPointer) -> Bool {
        forEachBit(value) { word, bit in word.atomic64().pointee.load(ordering: .relaxed) & bit != 0 }
    }

    /// Whether `body` said so of every bit of the value.
    @discardableResult
    private func forEachBit(_ value: UnsafeRawPointer, _ body: (UnsafeMutableRawPointer, UInt64) -> Bool) -> Bool {
        let hash = LongKey(value, bytes: valueSize).hash(secret)
        // Multiples of one hash, added to another, serve as well as as many hashes.
        var place = secret.mix(hash.place &<< 32, hash.mark)
        let step = secret.mix(place, hash.mark) | 1
        for _ in 0..<hashes {
            let bit = place & mask
            let word = bits + Int(truncatingIfNeeded: bit &>> 6) &* 8
            if !body(word, 1 &<< (bit & 63)) { return false }
            place &+= step
        }
        return true
    }
}
