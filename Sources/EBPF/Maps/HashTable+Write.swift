import CLinux
import Glibc
import Synchronization

/// Counts retired slots, in two generations so that those that are free again leave the count in time.
struct Retirement {
    private var older = 0
    private var younger = 0
    private var olderStamp: UInt64 = 0
    private var youngerStamp: UInt64 = 0
    /// The latest stamp known to have passed.
    private(set) var passed: UInt64 = 0

    /// At least as many slots as are retired and can't be known to be free.
    var pending: Int { older &+ younger }

    @inline(__always)
    mutating func add(_ stamp: UInt64) {
        younger &+= 1
        youngerStamp = stamp
    }

    /// A retired slot was given away before its time, or to its own key.
    @inline(__always)
    mutating func remove() {
        if younger > 0 { younger &-= 1 } else if older > 0 { older &-= 1 }
    }

    @inline(__always)
    mutating func hasPassed(_ stamp: UInt64, _ table: borrowing HashTable) -> Bool {
        if stamp <= passed { return true }
        guard table.hasPassed(stamp) else { return false }
        passed = stamp
        return true
    }

    /// Forgets the generations whose time has passed.
    mutating func age(_ table: borrowing HashTable) {
        guard hasPassed(olderStamp, table) else { return }
        older = younger
        olderStamp = youngerStamp
        younger = 0
        if hasPassed(olderStamp, table) { older = 0 }
    }
}

/// Puts a value where an element has it. The bucket is locked.
protocol ValueSource {
    /// `slot` and `number` are the element's.
    func overwrite(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int)
    /// The same, and zeros wherever a new element has no value yet.
    func fill(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int)
}

extension HashTable {
    /// Hot path. `bpf_map_update_elem`: htab_map_update_elem, kernel/bpf/hashtab.c.
    @inline(__always)
    func update<Key: TableKey, Value: ValueSource>(_ key: Key, _ value: Value, flags: UInt64) -> MapStatus {
        if flags > UpdateMode.exist.rawValue { return .invalid }
        let hash = key.hash(secret)
        let changes = writers.changes.load(ordering: .acquiring)
        if flags == UpdateMode.noExist.rawValue {
            if find(key, hash) != nil { return .exists }
        } else if overwrite(key, hash, value) {
            return .done
        } else if flags == UpdateMode.exist.rawValue {
            return .noEntry
        }
        return insert(key, hash, value, flags, absentSince: changes)
    }

    @inline(__always)
    private func overwrite<Key: TableKey, Value: ValueSource>(_ key: Key, _ hash: UInt64, _ value: Value) -> Bool {
        withLockedSlot(key, hash) { value.overwrite(self, slot: $0.slot, number: number($0.bucket, $0.index)) }
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
            } else if overwrite(key, hash, value) {
                return .done
            }
        }
        let count = writers.count.load(ordering: .relaxed)
        guard count < maxEntries else { return .tooBig }

        let (bucket, index) = vacancy(for: key, hash)
        // The way there, before the element is to be seen.
        var passed = home(hash)
        while passed != bucket {
            header(passed).addOverflow(1)
            passed = self.bucket(after: passed)
        }
        let header = header(bucket)
        let slot = slot(bucket, index)
        header.lock()
        key.store(to: slot)
        value.fill(self, slot: slot, number: number(bucket, index))
        setTag(header, index, hash & 0x7f | 0x80)
        header.unlock()
        writers.count.store(count &+ 1, ordering: .relaxed)
        // After the tag: who has seen this number finds the element.
        writers.changes.store(changes &+ 1, ordering: .releasing)
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
        if retirement.pointee.pending &* 8 >= spare { retirement.pointee.age(self) }
        sweep(bucket)
        let header = header(bucket)
        header.lock()
        setTag(header, index, Self.retiredTag)
        header.unlock()
        let stamp = retire()
        stamps[bucket] = stamp
        retirement.pointee.add(stamp)

        var passed = home(hash)
        while passed != bucket {
            self.header(passed).addOverflow(-1)
            passed = self.bucket(after: passed)
        }
        // Only written under the lock: no atomic addition needed.
        writers.count.store(writers.count.load(ordering: .relaxed) &- 1, ordering: .relaxed)
        writers.changes.store(writers.changes.load(ordering: .relaxed) &+ 1, ordering: .releasing)
    }

    /// Under the map's lock and the bucket's.
    @inline(__always)
    private func setTag(_ header: BucketHeader, _ index: Int, _ tag: UInt64) {
        let shift = UInt64(truncatingIfNeeded: 8 &* index)
        let others = header.tags.pointee.load(ordering: .relaxed) & ~(0xff &<< shift)
        header.tags.pointee.store(others | tag &<< shift, ordering: .releasing)
    }

    /// A slot for a new element, under the map's lock. There is one: the table has more slots than `maxEntries`.
    private func vacancy<Key: TableKey>(for key: Key, _ hash: UInt64) -> (bucket: Int, index: Int) {
        var exhausted = false
        if retirement.pointee.pending >= spare {
            retirement.pointee.age(self)
            exhausted = retirement.pointee.pending >= spare
        }
        var bucket = home(hash)
        while true {
            for _ in 0..<buckets {
                let tags = header(bucket).tags.pointee.load(ordering: .relaxed)
                // Exact in both: a retired tag differs from a free one in the lowest bit.
                let vacant = ~tags & tagMask
                if vacant != 0, let index = vacancy(in: bucket, tags, vacant, key, exhausted) { return (bucket, index) }
                bucket = self.bucket(after: bucket)
            }
            exhausted = true
        }
    }

    @inline(__always)
    private func vacancy<Key: TableKey>(
        in bucket: Int, _ tags: UInt64, _ vacant: UInt64, _ key: Key, _ exhausted: Bool
    ) -> Int? {
        // Tags without the high bit are 0 or 1.
        let retired = (tags &<< 7) & vacant
        var same = retired
        while same != 0 {
            let index = same.trailingZeroBitCount &>> 3
            if key.matches(slot(bucket, index)) {
                retirement.pointee.remove()
                return index
            }
            same &= same &- 1
        }
        let free = sweep(bucket) ? vacant : vacant & ~retired
        if free != 0 { return free.trailingZeroBitCount &>> 3 }
        guard exhausted else { return nil }
        retirement.pointee.remove()
        return retired.trailingZeroBitCount &>> 3
    }

    /// Makes the bucket's retired slots free ones if their time has passed: a later stamp must not hold them up.
    /// Under the map's lock. Whether none is retired now.
    @inline(__always)
    @discardableResult
    private func sweep(_ bucket: Int) -> Bool {
        let tags = header(bucket).tags.pointee.load(ordering: .relaxed)
        let retired = (tags &<< 7) & ~tags & tagMask
        if retired == 0 { return true }
        guard retirement.pointee.hasPassed(stamps[bucket], self) else { return false }
        header(bucket).tags.pointee.store(tags & ~(retired &>> 7), ordering: .relaxed)
        return true
    }

    /// Deletes everything, a bucket at a time.
    func clear() {
        for bucket in 0..<buckets {
            writers.lock.lock()
            var live = header(bucket).tags.pointee.load(ordering: .relaxed) & tagMask
            while live != 0 {
                let index = live.trailingZeroBitCount &>> 3
                // Nobody writes keys while the lock is held.
                remove(bucket, index, LongKey(slot(bucket, index), bytes: keySize).hash(secret))
                live &= live &- 1
            }
            writers.lock.unlock()
        }
    }
}
