/// Keys come from whoever sends frames: without the secrets nobody can choose keys that collide.
struct HashSecret {
    let a: UInt64
    let b: UInt64

    /// Random, from the system.
    init() {
        a = .random(in: .min ... .max)
        b = .random(in: .min ... .max) | 1
    }

    /// 64 x 64 -> 128 bits, folded.
    @inline(__always)
    static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }
}

/// A key that is looked for, specialised by its size. Stored as whole words, with zeros after the last byte.
protocol TableKey {
    func hash(_ secret: HashSecret) -> UInt64
    func matches(_ stored: UnsafeMutableRawPointer) -> Bool
    func store(to stored: UnsafeMutableRawPointer)
}

/// Up to 8 bytes.
struct OneWordKey: TableKey {
    let word: UInt64

    @inline(__always)
    init(_ word: UInt64) { self.word = word }

    @inline(__always)
    func hash(_ secret: HashSecret) -> UInt64 { HashSecret.fold(word ^ secret.a, secret.b) }

    @inline(__always)
    func matches(_ stored: UnsafeMutableRawPointer) -> Bool {
        stored.atomic64().pointee.load(ordering: .relaxed) == word
    }

    @inline(__always)
    func store(to stored: UnsafeMutableRawPointer) { stored.atomic64().pointee.store(word, ordering: .relaxed) }
}

/// 9 to 16 bytes.
struct TwoWordKey: TableKey {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    init(_ key: UnsafeRawPointer, bytes: Int) {
        low = key.loadUnaligned(as: UInt64.self)
        // The last 8 bytes, without those that are in `low`.
        let last = key.loadUnaligned(fromByteOffset: bytes &- 8, as: UInt64.self)
        high = last &>> UInt64(truncatingIfNeeded: 8 &* (16 &- bytes))
    }

    @inline(__always)
    func hash(_ secret: HashSecret) -> UInt64 {
        HashSecret.fold(HashSecret.fold(low ^ secret.a, secret.b) ^ high, secret.b)
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
    let key: UnsafeRawPointer
    let bytes: Int

    @inline(__always)
    init(_ key: UnsafeRawPointer, bytes: Int) {
        self.key = key
        self.bytes = bytes
    }

    func hash(_ secret: HashSecret) -> UInt64 {
        var state = secret.a
        var offset = 0
        while offset &+ 8 <= bytes {
            state = HashSecret.fold(state ^ key.loadUnaligned(fromByteOffset: offset, as: UInt64.self), secret.b)
            offset &+= 8
        }
        if offset < bytes { state = HashSecret.fold(state ^ (key + offset).tail(bytes &- offset), secret.b) }
        return state
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
