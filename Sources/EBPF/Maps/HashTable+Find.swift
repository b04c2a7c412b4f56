import CLinux
import Glibc
import Synchronization

extension HashTable {
    /// A slot, by its bucket and its index there.
    struct Place {
        let bucket: Int
        let index: Int
        let slot: UnsafeMutableRawPointer
        /// The bucket's when the slot was found.
        let version: UInt32
    }

    /// The slot's number: stable, the position in walks.
    @inline(__always)
    func number(_ bucket: Int, _ index: Int) -> Int { bucket &* width &+ index }

    /// What the home bucket says of a key.
    enum Guess {
        case found(Place)
        case absent
        /// Look further.
        case unsure
    }

    /// Hot path. Looks at the first slot with the key's tag in its home bucket: nearly always the right one.
    @inline(__always)
    func atHome<Key: TableKey>(_ key: Key, _ hash: UInt64) -> Guess {
        let bucket = home(hash)
        let header = header(bucket)
        let version = header.version.pointee.load(ordering: .acquiring)
        let candidates = candidates(header, hash)
        guard candidates != 0 else {
            return header.overflow.pointee.load(ordering: .acquiring) == 0 ? .absent : .unsure
        }
        let index = candidates.trailingZeroBitCount &>> 3
        let slot = slot(bucket, index)
        guard key.matches(slot) else { return .unsure }
        atomicMemoryFence(ordering: .acquiring)
        guard header.version.pointee.load(ordering: .relaxed) == version else { return .unsure }
        return .found(Place(bucket: bucket, index: index, slot: slot, version: version))
    }

    /// Hot path. Never waits; a key that is in the table all the time is found. `hash` is the key's.
    @inline(__always)
    func find<Key: TableKey>(_ key: Key, _ hash: UInt64) -> Place? {
        switch atHome(key, hash) {
        case .found(let place): place
        case .absent: nil
        case .unsure: findAnywhere(key, hash)
        }
    }

    @inline(never)
    func findAnywhere<Key: TableKey>(_ key: Key, _ hash: UInt64) -> Place? {
        var bucket = home(hash)
        var left = buckets
        while left > 0 {
            let header = header(bucket)
            let version = header.version.pointee.load(ordering: .acquiring)
            var candidates = candidates(header, hash)
            var changed = false
            while candidates != 0 {
                let index = candidates.trailingZeroBitCount &>> 3
                let slot = slot(bucket, index)
                if key.matches(slot) {
                    atomicMemoryFence(ordering: .acquiring)
                    if header.version.pointee.load(ordering: .relaxed) == version {
                        return Place(bucket: bucket, index: index, slot: slot, version: version)
                    }
                    changed = true
                    break
                }
                candidates &= candidates &- 1
            }
            if changed { continue }
            if header.overflow.pointee.load(ordering: .acquiring) == 0 { return nil }
            bucket = self.bucket(after: bucket)
            left &-= 1
        }
        return nil
    }

    /// The slots with the key's tag, as the high bits of their bytes.
    @inline(__always)
    private func candidates(_ header: BucketHeader, _ hash: UInt64) -> UInt64 {
        let tags = header.tags.pointee.load(ordering: .acquiring)
        return Self.equalBytes(tags, (hash & 0x7f | 0x80) &* Self.lowBits) & tagMask
    }

    /// The high bit of each byte that is equal in both words. May also set it for a byte that differs in the lowest bit
    /// only, above one that is equal: the key tells.
    @inline(__always)
    static func equalBytes(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let difference = a ^ b
        return (difference &- lowBits) & ~difference & highBits
    }

    /// Whether the bucket is as it was when `place` was found, and not being written.
    @inline(__always)
    func isUnchanged(_ place: Place) -> Bool {
        atomicMemoryFence(ordering: .acquiring)
        return place.version & 1 == 0 && header(place.bucket).version.pointee.load(ordering: .relaxed) == place.version
    }

    /// Copies what `copy` reads of the element with this key as of one moment; false when there is none.
    @inline(__always)
    func readConsistently<Key: TableKey>(_ key: Key, _ copy: (Place) -> Void) -> Bool {
        let hash = key.hash(secret)
        var backoff = Backoff()
        for _ in 0..<64 {
            guard let place = find(key, hash) else { return false }
            if place.version & 1 == 0 {
                copy(place)
                if isUnchanged(place) { return true }
            }
            backoff.pause()
        }
        // Written to all the time: keep the writers out.
        return withLockedSlot(key, hash, copy)
    }

    /// Runs `body` on the element with this key, which can neither be written by others nor deleted meanwhile.
    @inline(__always)
    func withLockedSlot<Key: TableKey>(_ key: Key, _ hash: UInt64, _ body: (Place) -> Void) -> Bool {
        var backoff = Backoff()
        while let place = find(key, hash) {
            let header = header(place.bucket)
            // With the version that it was found under: it is still there.
            if header.tryLock(place.version) {
                body(place)
                header.unlock()
                return true
            }
            backoff.pause()
        }
        return false
    }
}
