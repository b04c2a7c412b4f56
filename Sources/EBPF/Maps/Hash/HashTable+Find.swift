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

    /// Hot path. Never waits; a key that is in the table all the time is found. `hash` is the key's.
    @inline(__always)
    func find<Key: TableKey>(_ key: Key, _ hash: KeyHash) -> Place? {
        var homeVersion: UInt32 = 0
        return find(key, hash, &homeVersion)
    }

    /// The same, and the version of the key's home bucket: what is found is so while that stays the same.
    ///
    /// Looks at the first slot with the key's tag in its home bucket: nearly always the right one.
    @inline(__always)
    func find<Key: TableKey>(_ key: Key, _ hash: KeyHash, _ homeVersion: inout UInt32) -> Place? {
        let bucket = home(hash)
        let header = header(bucket)
        let version = header.version.pointee.load(ordering: .acquiring)
        homeVersion = version
        let candidates = candidates(header.tags.pointee.load(ordering: .acquiring), hash)
        guard candidates != 0 else {
            return header.overflow.pointee.load(ordering: .acquiring) == 0 ? nil : findAnywhere(key, hash)
        }
        let index = candidates.trailingZeroBitCount &>> 3
        let slot = slot(bucket, index)
        guard key.matches(slot), Key.isOneWord || isUnwritten(header, since: version) else {
            return findAnywhere(key, hash)
        }
        return Place(bucket: bucket, index: index, slot: slot, version: version)
    }

    @inline(never)
    func findAnywhere<Key: TableKey>(_ key: Key, _ hash: KeyHash) -> Place? {
        var bucket = home(hash)
        var left = buckets
        while left > 0 {
            let header = header(bucket)
            let version = header.version.pointee.load(ordering: .acquiring)
            var candidates = candidates(header.tags.pointee.load(ordering: .acquiring), hash)
            var changed = false
            while candidates != 0 {
                let index = candidates.trailingZeroBitCount &>> 3
                let slot = slot(bucket, index)
                if key.matches(slot) {
                    if Key.isOneWord || isUnwritten(header, since: version) {
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

    /// Whether no write began in the bucket since its version was `version`.
    @inline(__always)
    func isUnwritten(_ header: BucketHeader, since version: UInt32) -> Bool {
        atomicMemoryFence(ordering: .acquiring)
        return header.version.pointee.load(ordering: .relaxed) == version
    }

    /// Hot path. The value of the element with this key, for a worker.
    @inline(__always)
    func lookup<Key: TableKey>(_ key: Key, worker: Int) -> UnsafeMutableRawPointer? {
        let hash = key.hash(secret)
        prefetchValue(hash, worker: worker)
        guard let place = find(key, hash) else { return nil }
        if isLRU { header(place.bucket).refer(place.index) }
        return value(place, worker: worker)
    }

    /// Hot path. A per-CPU value lies apart from its key, nearly always in its home's place: both lines come in at the
    /// same time.
    @inline(__always)
    func prefetchValue(_ hash: KeyHash, worker: Int) {
        if isPerCPU { clinux_prefetch(values(of: home(hash), worker: worker)) }
    }

    /// The same for all workers.
    @inline(__always)
    func prefetchValues(_ hash: KeyHash) {
        if isPerCPU { for worker in 0...workers { prefetchValue(hash, worker: worker) } }
    }

    /// Copies what `copy` reads of the element with this key as of one moment; false when there is none.
    @inline(__always)
    func readConsistently<Key: TableKey>(_ key: Key, _ copy: (Place) -> Void) -> Bool {
        let hash = key.hash(secret)
        prefetchValues(hash)
        var backoff = Backoff()
        var attempts = 0
        while let place = find(key, hash) {
            let header = header(place.bucket)
            // A slot may have become another key's since it was found: then its version differs.
            if attempts < 64 {
                if place.version & 1 == 0 {
                    copy(place)
                    if isUnwritten(header, since: place.version) { return true }
                }
                attempts &+= 1
            } else if header.tryLock(place.version) {
                // Written to all the time: this keeps the writers out.
                copy(place)
                header.unlock()
                return true
            }
            backoff.pause()
        }
        return false
    }
}
