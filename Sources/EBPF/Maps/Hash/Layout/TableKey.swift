/// A key that is looked for, specialised by its size. Stored as whole words, with zeros after the last byte.
protocol TableKey {
    /// Whether it is compared and stored at once.
    static var isOneWord: Bool { get }
    func hash(_ secret: HashSecret) -> KeyHash
    func matches(_ stored: UnsafeMutableRawPointer) -> Bool
    func store(to stored: UnsafeMutableRawPointer)
}

/// Up to 8 bytes.
struct OneWordKey: TableKey {
    static var isOneWord: Bool { true }
    let word: UInt64

    @inline(__always)
    init(_ word: UInt64) { self.word = word }

    @inline(__always)
    init(four key: UnsafeRawPointer) { word = UInt64(key.loadUnaligned(as: UInt32.self)) }

    @inline(__always)
    init(eight key: UnsafeRawPointer) { word = key.loadUnaligned(as: UInt64.self) }

    /// 1 to 7 bytes.
    @inline(__always)
    init(_ key: UnsafeRawPointer, bytes: Int) { word = key.tail(bytes) }

    @inline(__always)
    func hash(_ secret: HashSecret) -> KeyHash { secret.finish(0, word) }

    @inline(__always)
    func matches(_ stored: UnsafeMutableRawPointer) -> Bool {
        stored.atomic64().pointee.load(ordering: .acquiring) == word
    }

    /// Who finds this key finds what was stored before it.
    @inline(__always)
    func store(to stored: UnsafeMutableRawPointer) { stored.atomic64().pointee.store(word, ordering: .releasing) }
}

/// 9 to 16 bytes.
struct TwoWordKey: TableKey {
    static var isOneWord: Bool { false }
    let low: UInt64
    let high: UInt64

    @inline(__always)
    init(sixteen key: UnsafeRawPointer) {
        low = key.loadUnaligned(as: UInt64.self)
        high = key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    }

    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    @inline(__always)
    init(_ key: UnsafeRawPointer, bytes: Int) {
        low = key.loadUnaligned(as: UInt64.self)
        // The last 8 bytes, without those that are in `low`.
        let last = key.loadUnaligned(fromByteOffset: bytes &- 8, as: UInt64.self)
        high = last &>> UInt64(truncatingIfNeeded: 8 &* (16 &- bytes))
    }

    @inline(__always)
    func hash(_ secret: HashSecret) -> KeyHash {
        secret.finish(secret.mix(0, low), high)
    }

    @inline(__always)
    func matches(_ stored: UnsafeMutableRawPointer) -> Bool {
        let low = stored.atomic64(0).pointee.load(ordering: .relaxed)
        let high = stored.atomic64(8).pointee.load(ordering: .relaxed)
        return (low ^ self.low) | (high ^ self.high) == 0
    }

    @inline(__always)
    func store(to stored: UnsafeMutableRawPointer) {
        stored.atomic64(0).pointee.store(low, ordering: .relaxed)
        stored.atomic64(8).pointee.store(high, ordering: .relaxed)
    }
}

/// Any size.
struct LongKey: TableKey {
    static var isOneWord: Bool { false }
    let key: UnsafeRawPointer
    let bytes: Int

    @inline(__always)
    init(_ key: UnsafeRawPointer, bytes: Int) {
        self.key = key
        self.bytes = bytes
    }

    func hash(_ secret: HashSecret) -> KeyHash {
        var state: UInt64 = 0
        var offset = 0
        while offset &+ 8 < bytes {
            state = secret.mix(state, key.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        let last =
            bytes &- offset == 8
            ? key.loadUnaligned(fromByteOffset: offset, as: UInt64.self) : (key + offset).tail(bytes &- offset)
        return secret.finish(state, last)
    }

    func matches(_ stored: UnsafeMutableRawPointer) -> Bool {
        var offset = 0
        while offset &+ 8 <= bytes {
            let word = key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if stored.atomic64(offset).pointee.load(ordering: .relaxed) != word { return false }
            offset &+= 8
        }
        guard offset < bytes else { return true }
        return stored.atomic64(offset).pointee.load(ordering: .relaxed) == (key + offset).tail(bytes &- offset)
    }

    func store(to stored: UnsafeMutableRawPointer) { stored.storeWords(from: key, bytes: bytes) }
}
