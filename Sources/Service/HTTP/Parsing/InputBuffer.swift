/// Bytes that arrived and wait to be parsed; taken from the front without moving the rest.
struct InputBuffer {
    private(set) var bytes: [UInt8] = []
    /// Index in `bytes` of the first byte that has not been taken.
    private(set) var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { start == bytes.count }
    /// Bytes of memory that the buffer holds.
    var footprint: Int { bytes.capacity }

    mutating func append(_ new: some Collection<UInt8>) {
        if start > 0 && start >= bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// The first `length` bytes, which are there.
    func prefix(_ length: Int) -> ArraySlice<UInt8> {
        bytes[start..<start + length]
    }

    mutating func consume(_ length: Int) {
        start += length
        precondition(start <= bytes.count)
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= 4096)
            start = 0
        }
    }
}
