/// Where things will lie whose addresses native code holds, when it runs in another process than the one that makes it.
/// In the same process all is where it is.
struct NativeAddresses {
    private var pieces: [(range: Range<UInt>, start: UInt)] = []

    /// What is at `address` and in the bytes behind it lies at `other` there.
    mutating func move(_ address: UInt, bytes: Int, to other: UInt) {
        pieces.append((address..<address + UInt(bytes), other))
    }

    @inline(__always)
    func callAsFunction(_ address: UInt) -> UInt {
        pieces.isEmpty ? address : moved(address)
    }

    private func moved(_ address: UInt) -> UInt {
        for (range, start) in pieces where range.contains(address) { return address - range.lowerBound + start }
        return address
    }
}
