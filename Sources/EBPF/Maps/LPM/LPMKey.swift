/// `struct bpf_lpm_trie_key_u8`, <linux/bpf.h>: the length of a prefix in bits, then its bytes, the first bit first.
struct LPMKey {
    let prefixLength: Int
    /// The first 64 bits, zeros behind the last one.
    let first: UInt64
    let data: UnsafeRawPointer
    /// Of the data.
    let bytes: Int

    static let headerSize = 4

    @inline(__always)
    init(_ key: UnsafeRawPointer, dataBytes: Int) {
        prefixLength = Int(key.loadUnaligned(as: UInt32.self))
        data = key + Self.headerSize
        bytes = dataBytes
        first = Self.word(data, bytes)
    }

    /// Bits 64 times `index` and following. Below `bytes`.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        index == 0 ? first : Self.word(data + 8 &* index, bytes &- 8 &* index)
    }

    @inline(__always)
    private static func word(_ data: UnsafeRawPointer, _ bytes: Int) -> UInt64 {
        UInt64(bigEndian: bytes >= 8 ? data.loadUnaligned(as: UInt64.self) : data.tail(bytes))
    }

    /// The bit at `position`, 0 or 1.
    @inline(__always)
    func bit(_ position: Int) -> Int {
        Int(truncatingIfNeeded: word(position &>> 6) &>> UInt64(truncatingIfNeeded: 63 &- position & 63) & 1)
    }

    /// The first `count` bits as a number; up to 32.
    @inline(__always)
    func leading(_ count: Int) -> Int {
        Int(truncatingIfNeeded: (first &>> 1) &>> UInt64(truncatingIfNeeded: 63 &- count))
    }
}
