/// `bpf_csum_diff`: the Internet checksum's sum of what was, and what is.
enum Checksum {
    static let entries = [HelperEntry(.csumDiff, arguments: 5, price: .told(most: mostSummed), difference)]

    private static let mostSummed = Helpers.baseCost + 2 * (1 << 16) / Helpers.bytesPerCost

    /// `bpf_csum_diff(from, from_size, to, to_size, seed)`: 16 bits, of any number of bytes.
    private static func difference(_ call: HelperCall) throws(Fault) -> UInt64 {
        let from = try call.readable(1, bytes: Int(call.u32(2)))
        let to = try call.readable(3, bytes: Int(call.u32(4)))
        let seed = call.u32(5)
        call.charge(bytes: from.count + to.count)
        if to.isEmpty { return UInt64(fold(from.isEmpty ? seed : ~sum(from, ~seed))) }
        let added = sum(to, seed)
        return UInt64(fold(from.isEmpty ? added : add(added, ~sum(from, 0))))
    }

    /// One's complement.
    private static func add(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let (sum, carry) = a.addingReportingOverflow(b)
        return sum &+ (carry ? 1 : 0)
    }

    private static func fold(_ sum: UInt32) -> UInt16 {
        let (folded, carry) = UInt16(truncatingIfNeeded: sum).addingReportingOverflow(UInt16(sum >> 16))
        return folded &+ (carry ? 1 : 0)
    }

    /// A last byte that is alone is the lower one of its word.
    static func sum(_ bytes: UnsafeRawBufferPointer, _ seed: UInt32) -> UInt32 {
        var total = UInt64(seed)
        var offset = 0
        while offset &+ 4 <= bytes.count {
            total &+= UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            offset &+= 4
        }
        var shift: UInt64 = 0
        while offset < bytes.count {
            total &+= UInt64(bytes[offset]) << shift
            shift += 8
            offset &+= 1
        }
        total = (total & 0xFFFF_FFFF) &+ total >> 32
        return UInt32(truncatingIfNeeded: (total & 0xFFFF_FFFF) &+ total >> 32)
    }
}
