import CLinux
import Glibc
import Synchronization

/// The value that an update brings.
protocol ValueSource {
    /// Whether a program brings it: to one worker's value, in a run, between two quiescent points.
    static var isProgram: Bool { get }
    /// Fetches what the update will wait for: where the key's element probably has its values. `isNew`: it is no update of
    /// an element that is there.
    func prefetch(_ table: borrowing HashTable, _ hash: UInt64, isNew: Bool)
    /// Puts it where an element at `place` has its value.
    func overwrite(_ table: borrowing HashTable, _ place: HashTable.Place)
    /// The same, and zeros wherever a new element has no value yet.
    func fill(_ table: borrowing HashTable, _ place: HashTable.Place)
}

extension HashTable {
    /// Hot path. `bpf_map_update_elem`: htab_map_update_elem, kernel/bpf/hashtab.c.
    @inline(__always)
    func update<Key: TableKey, Value: ValueSource>(_ key: Key, _ value: Value, flags: UInt64) -> MapStatus {
        if flags > UpdateMode.exist.rawValue { return .invalid }
        let hash = key.hash(secret)
        value.prefetch(self, hash, isNew: flags == UpdateMode.noExist.rawValue)
        let changes = writers.changes.load(ordering: .acquiring)
        if flags == UpdateMode.noExist.rawValue {
            if let place = find(key, hash) {
                if isLRU { header(place.bucket).refer(place.index) }
                return .exists
            }
        } else if overwrite(key, hash, value) {
            return .done
        } else if flags == UpdateMode.exist.rawValue {
            return .noEntry
        }
        return insert(key, hash, value, flags, absentSince: changes)
    }

    @inline(__always)
    private func overwrite<Key: TableKey, Value: ValueSource>(_ key: Key, _ hash: UInt64, _ value: Value) -> Bool {
        // The slot can't become another key's before the worker's quiescent point.
        if Value.isProgram && hasWordValues {
            guard let place = find(key, hash) else { return false }
            if isLRU { header(place.bucket).refer(place.index) }
            value.overwrite(self, place)
            return true
        }
        if Value.isProgram { return overwriteLocked(key, hash, value) }
        writers.lock.lock()
        defer { writers.lock.unlock() }
        return overwriteAlone(key, hash, value)
    }

    /// Under the bucket's lock, which is taken with the version that the element was found under: it is still there.
    @inline(__always)
    private func overwriteLocked<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: UInt64, _ value: Value
    ) -> Bool {
        var backoff = Backoff()
        while let place = find(key, hash) {
            let header = header(place.bucket)
            if header.tryLock(place.version) {
                if isLRU { header.refer(place.index) }
                value.overwrite(self, place)
                header.unlock()
                return true
            }
            backoff.pause()
        }
        return false
    }

    /// Under the map's lock.
    @inline(__always)
    private func overwriteAlone<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: UInt64, _ value: Value
    ) -> Bool {
        guard let place = find(key, hash) else { return false }
        let header = header(place.bucket)
        header.lock(alone: hasWordValues)
        if isLRU { header.refer(place.index) }
        value.overwrite(self, place)
        header.unlock()
        return true
    }

    /// The key was absent after so many changes of the table.
    @inline(never)
    private func insert<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: UInt64, _ value: Value, _ flags: UInt64, absentSince seen: UInt64
    ) -> MapStatus {
        writers.lock.lock()
        defer { writers.lock.unlock() }
        // Nobody inserts or deletes from here on.
        let changes = writers.changes.load(ordering: .relaxed)
        if changes != seen {
            if flags == UpdateMode.noExist.rawValue {
                if find(key, hash) != nil { return .exists }
            } else if overwriteAlone(key, hash, value) {
                return .done
            }
        }
        if writers.count.load(ordering: .relaxed) >= maxEntries {
            guard isLRU else { return .tooBig }
            evict()
        }

        let (bucket, index) = vacancy(for: key, hash)
        // The way there, before the element is to be seen.
        countOnWay(hash, to: bucket, 1)
        let header = header(bucket)
        let place = Place(bucket: bucket, index: index, slot: slot(bucket, index), version: 0)
        header.lock(alone: hasWordValues)
        // The value first: who finds the key finds the value.
        value.fill(self, place)
        key.store(to: place.slot)
        header.setTag(index, Self.tag(hash))
        header.unlock()
        writers.count.store(writers.count.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        // After the tag: who has seen this number finds the element.
        writers.changes.store(writers.changes.load(ordering: .relaxed) &+ 1, ordering: .releasing)
        return .done
    }

    /// Hot path. `bpf_map_delete_elem`.
    @inline(__always)
    func delete<Key: TableKey>(_ key: Key) -> MapStatus {
        let hash = key.hash(secret)
        writers.lock.lock()
        defer { writers.lock.unlock() }
        guard let place = find(key, hash) else { return .noEntry }
        remove(place.bucket, place.index, hash)
        return .done
    }

    /// Under the map's lock.
    @inline(__always)
    private func remove(_ bucket: Int, _ index: Int, _ hash: UInt64) {
        let header = header(bucket)
        let tag = retirement.pointee.retire()
        header.lock(alone: hasWordValues)
        header.setTag(index, tag)
        header.unlock()
        retirement.pointee.end(domain)
        countOnWay(hash, to: bucket, -1)
        // Only written under the lock: no atomic addition needed.
        writers.count.store(writers.count.load(ordering: .relaxed) &- 1, ordering: .relaxed)
        writers.changes.store(writers.changes.load(ordering: .relaxed) &+ 1, ordering: .releasing)
    }

    /// Adds to the overflow of the buckets that the key passed on its way from its home.
    @inline(__always)
    private func countOnWay(_ hash: UInt64, to bucket: Int, _ change: Int32) {
        var passed = home(hash)
        while passed != bucket {
            header(passed).addOverflow(change)
            passed = self.bucket(after: passed)
        }
    }

    /// A slot for a new element, under the map's lock. There is one: the table has more slots than `maxEntries`.
    @inline(__always)
    private func vacancy<Key: TableKey>(for key: Key, _ hash: UInt64) -> (bucket: Int, index: Int) {
        var exhausted = retirement.pointee.isExhausted(domain)
        var bucket = home(hash)
        while true {
            for _ in 0..<buckets {
                let tags = header(bucket).tags.pointee.load(ordering: .relaxed)
                if let index = vacancy(in: bucket, tags, key, exhausted) { return (bucket, index) }
                bucket = self.bucket(after: bucket)
            }
            exhausted = true
        }
    }

    @inline(__always)
    private func vacancy<Key: TableKey>(in bucket: Int, _ tags: UInt64, _ key: Key, _ exhausted: Bool) -> Int? {
        var vacant = ~tags & tagMask
        var choice: Int?
        while vacant != 0 {
            let index = vacant.trailingZeroBitCount &>> 3
            let tag = tags &>> UInt64(truncatingIfNeeded: 8 &* index) & 0xff
            vacant &= vacant &- 1
            if tag == 0 {
                choice = choice ?? index
            } else if key.matches(slot(bucket, index)) {
                retirement.pointee.take(tag)
                return index
            } else if choice == nil && (exhausted || retirement.pointee.hasPassed(tag)) {
                choice = index
            }
        }
        if let choice {
            let tag = tags &>> UInt64(truncatingIfNeeded: 8 &* choice) & 0xff
            if tag != 0 { retirement.pointee.take(tag) }
        }
        return choice
    }

    /// Buckets in which the hand looks for an element that was not used, before it takes one that was: an insertion into a
    /// map whose elements are all in use must not go through all of it.
    private static let reach = 64

    /// Deletes an element that was not used since the hand passed it last. Under the map's lock; the map is not empty.
    @inline(never)
    private func evict() {
        var bucket = writers.hand.load(ordering: .relaxed)
        var seen = 0
        while true {
            let header = header(bucket)
            let tags = header.tags.pointee.load(ordering: .relaxed)
            let live = tags & tagMask
            if live != 0 {
                var unused = live
                while unused != 0, tags &>> UInt64(56 &+ unused.trailingZeroBitCount &>> 3) & 1 != 0 {
                    unused &= unused &- 1
                }
                if unused != 0 || seen >= Self.reach {
                    let index = (unused != 0 ? unused : live).trailingZeroBitCount &>> 3
                    remove(bucket, index, storedHash(bucket, index))
                    writers.hand.store(bucket, ordering: .relaxed)
                    return
                }
                header.references.pointee.store(0, ordering: .relaxed)
            }
            seen &+= 1
            bucket = self.bucket(after: bucket)
        }
    }

    /// The hash of an element's key. Under the map's lock: nobody writes keys.
    private func storedHash(_ bucket: Int, _ index: Int) -> UInt64 {
        LongKey(slot(bucket, index), bytes: keySize).hash(secret)
    }

    /// Deletes everything, a bucket at a time.
    func clear() {
        for bucket in 0..<Int(buckets) {
            writers.lock.lock()
            var live = header(bucket).tags.pointee.load(ordering: .relaxed) & tagMask
            while live != 0 {
                let index = live.trailingZeroBitCount &>> 3
                remove(bucket, index, storedHash(bucket, index))
                live &= live &- 1
            }
            writers.lock.unlock()
        }
    }
}
