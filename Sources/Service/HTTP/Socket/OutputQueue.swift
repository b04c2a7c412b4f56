/// Bytes that wait for the socket to take them. Small parts are joined, large ones are kept as they are.
struct OutputQueue {
    private static let joinLimit = 16 << 10

    private var parts: [[UInt8]] = []
    private var first = 0
    /// Bytes of the first part that were taken.
    private var offset = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        count += bytes.count
        if first > 32 {
            parts.removeFirst(first)
            first = 0
        }
        if first < parts.count, parts[parts.count - 1].count + bytes.count <= Self.joinLimit {
            parts[parts.count - 1] += bytes
        } else {
            parts.append(bytes)
        }
    }

    /// Hands parts to `transport` until all are taken or it takes no more.
    /// - Returns: `.bytes` with what was taken where all was.
    mutating func flush(to transport: Transport) -> Transport.Outcome {
        var taken = 0
        while first < parts.count {
            let isMore = first + 1 < parts.count
            let outcome = parts[first].withUnsafeBytes {
                transport.write(UnsafeRawBufferPointer(rebasing: $0[offset...]), isMore: isMore)
            }
            guard case .bytes(let written) = outcome else { return outcome }
            taken += written
            offset += written
            count -= written
            if offset == parts[first].count {
                parts[first] = []
                first += 1
                offset = 0
            }
        }
        parts.removeAll(keepingCapacity: true)
        first = 0
        return .bytes(taken)
    }
}
