/// The ones' complement sum of 16-bit words. Source: RFC 1071.
///
/// Sums are kept in the byte order of memory, which the sum does not mind (RFC 1071, 2B), and are folded at the end.
enum InternetChecksum {
    /// The words of `count` bytes; a last odd byte has a zero behind it. Hot path.
    @inline(__always)
    static func sum(_ bytes: UnsafeRawPointer, count: Int) -> UInt64 {
        var total: UInt64 = 0
        var i = 0
        while i &+ 4 <= count {
            total &+= UInt64((bytes + i).loadUnaligned(as: UInt32.self))
            i &+= 4
        }
        if i &+ 2 <= count {
            total &+= UInt64((bytes + i).loadUnaligned(as: UInt16.self))
            i &+= 2
        }
        if i < count { total &+= UInt64(UInt16(littleEndian: UInt16(bytes.load(fromByteOffset: i, as: UInt8.self)))) }
        return total
    }

    /// A sum of at most 2^32 words in 16 bits.
    @inline(__always)
    static func fold(_ sum: UInt64) -> UInt16 {
        var sum = (sum & 0xffff_ffff) &+ (sum >> 32)
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = (sum & 0xffff) &+ (sum >> 16)
        sum = (sum & 0xffff) &+ (sum >> 16)
        return UInt16(truncatingIfNeeded: sum)
    }

    /// The sum without a word that it contains. Both in the byte order of memory.
    @inline(__always)
    static func subtract(_ word: UInt16, from sum: UInt16) -> UInt16 { fold(UInt64(sum) &+ UInt64(~word)) }
}

extension Frame {
    /// Fills in a checksum that the sender left partial: the field holds the sum of the pseudo header. Hot path.
    ///
    /// - Returns: false where the field lies outside the frame, which is then as it was.
    @inline(__always)
    public mutating func completeChecksum() -> Bool {
        guard offload.flags & FrameOffload.needsChecksum != 0 else { return true }
        let start = Int(offload.checksumStart)
        let field = start &+ Int(offload.checksumOffset)
        guard field &+ 2 <= Int(length), start < Int(length) else { return false }
        let sum = ~InternetChecksum.fold(InternetChecksum.sum(bytes + start, count: Int(length) &- start))
        // UDP's 0 means that there is none; 0xffff is the same sum, for TCP too.
        (bytes + field).storeBytes(of: sum == 0 ? 0xffff : sum, as: UInt16.self)
        offload = .none
        return true
    }
}
