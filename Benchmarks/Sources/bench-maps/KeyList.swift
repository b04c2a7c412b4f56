/// Keys one behind the other, for operations from user space: made beforehand, so that making them is not measured.
final class KeyList {
    let count: Int
    let keySize: Int
    private let bytes: UnsafeMutableRawPointer

    init(_ numbers: some Sequence<UInt32>, _ shape: MapShape, stored: Bool) {
        var made: [UInt8] = []
        for number in numbers { shape.appendKey(number, stored: stored, to: &made) }
        keySize = shape.keySize
        count = made.count / keySize
        bytes = .allocate(byteCount: max(made.count, 1), alignment: 64)
        made.withUnsafeBytes { if let base = $0.baseAddress { bytes.copyMemory(from: base, byteCount: $0.count) } }
    }

    deinit { bytes.deallocate() }

    /// The keys of block `number` of `size` keys; numbers beyond the last one begin anew.
    func block(_ number: Int, size: Int) -> UnsafeRawBufferPointer {
        let start = number % (count / size) * size
        return UnsafeRawBufferPointer(start: bytes + start * keySize, count: size * keySize)
    }
}

/// Which block a thread takes next: it goes on from one sample to the next.
final class BlockCursor {
    private var block: Int
    private let stride: Int

    init(first: Int, stride: Int) {
        block = first
        self.stride = stride
    }

    func next() -> Int {
        defer { block += stride }
        return block
    }
}

/// xorshift64, as in `Benchmarks/programs/maps.c`.
struct RandomNumbers: Sequence, IteratorProtocol {
    private var state: UInt64
    private let mask: UInt32
    private var left: Int

    /// `count` numbers below `bound`, a power of two.
    init(seed: UInt64, below bound: Int, count: Int) {
        state = seed
        mask = UInt32(bound - 1)
        left = count
    }

    mutating func next() -> UInt32? {
        guard left > 0 else { return nil }
        left -= 1
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt32(truncatingIfNeeded: state >> 11) & mask
    }
}
