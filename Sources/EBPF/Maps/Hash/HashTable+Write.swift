import CLinux
import Glibc
import Synchronization

/// The value that an update brings.
protocol ValueSource {
    /// Whether a program brings it: to one worker's value, in a run, between two quiescent points.
    static var isProgram: Bool { get }
    /// The number of the writer.
    func writer(_ table: borrowing HashTable) -> Int
    /// Fetches what the update will wait for: where the key's element probably has its values. `isNew`: it is no update of
    /// an element that is there.
    func prefetch(_ table: borrowing HashTable, _ hash: KeyHash, isNew: Bool)
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
        var version: UInt32 = 0
        if let place = find(key, hash, &version) {
            if let status = meet(place, value, flags) { return status }
            return updateAgain(key, hash, value, flags)
        }
        if flags == UpdateMode.exist.rawValue { return .noEntry }
        return insert(key, hash, value, flags, absentSince: version)
    }

    /// Somebody else writes to the element.
    @inline(never)
    private func updateAgain<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: KeyHash, _ value: Value, _ flags: UInt64
    ) -> MapStatus {
        var version: UInt32 = 0
        if let status = meet(key, hash, value, flags, &version) { return status }
        return flags == UpdateMode.exist.rawValue ? .noEntry : insert(key, hash, value, flags, absentSince: version)
    }

    /// What comes of an update while its key is in the table; nil once it is not.
    private func meet<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: KeyHash, _ value: Value, _ flags: UInt64, _ version: inout UInt32
    ) -> MapStatus? {
        var backoff = Backoff()
        while let place = find(key, hash, &version) {
            if let status = meet(place, value, flags) { return status }
            backoff.pause()
        }
        return nil
    }

    /// The key is there; nil where somebody else has written in the bucket since.
    @inline(__always)
    private func meet<Value: ValueSource>(_ place: Place, _ value: Value, _ flags: UInt64) -> MapStatus? {
        let header = header(place.bucket)
        if isLRU { header.refer(place.index) }
        if flags == UpdateMode.noExist.rawValue { return .exists }
        // The slot can't become another key's before the worker's quiescent point.
        if Value.isProgram && hasWordValues {
            value.overwrite(self, place)
            return .done
        }
        guard header.tryLock(place.version) else { return nil }
        value.overwrite(self, place)
        header.unlock()
        return .done
    }

    /// The key was absent when its home bucket had this version.
    @inline(never)
    private func insert<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: KeyHash, _ value: Value, _ flags: UInt64, absentSince seen: UInt32
    ) -> MapStatus {
        let writer = value.writer(self)
        if isLRU { makeRoom(writer) }
        let home = home(hash)
        let header = header(home)
        var version = seen
        var backoff = Backoff()
        while !header.tryLock(version) {
            backoff.pause()
            if let status = meet(key, hash, value, flags, &version) {
                if isLRU { writers[writer].free(1) }
                return status
            }
        }
        // The key is absent, and stays so.
        guard isLRU || takeRoom(writer) else {
            header.unlock()
            return .tooBig
        }
        let reuse = reuse(writer)
        var isPut = true
        if let index = vacancy(in: home, for: key, reuse, writer) {
            put(key, hash, value, home, index)
        } else {
            isPut = putElsewhere(key, hash, value, self.reuse(writer), writer)
        }
        header.unlock()
        if isPut { return .done }
        writers[writer].free(1)
        return .noMemory
    }

    /// Under the bucket's lock.
    @inline(__always)
    private func put<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: KeyHash, _ value: Value, _ bucket: Int, _ index: Int
    ) {
        let place = Place(bucket: bucket, index: index, slot: slot(bucket, index), version: 0)
        // The value first: who finds the key finds the value.
        value.fill(self, place)
        key.store(to: place.slot)
        header(bucket).setTag(index, Self.tag(hash))
    }

    /// Under the lock of the home bucket, which has no vacancy. False where there is none in the table.
    ///
    /// Buckets that are locked are passed by: whoever holds them may wait for the home bucket.
    @inline(never)
    private func putElsewhere<Key: TableKey, Value: ValueSource>(
        _ key: Key, _ hash: KeyHash, _ value: Value, _ reuse: Reuse, _ writer: Int
    ) -> Bool {
        let home = home(hash)
        var bucket = home
        while reuse != .passed || !hasFreeSlot(bucket) {
            bucket = self.bucket(after: bucket)
            if bucket == home {
                guard isLRU else { return false }
                return putElsewhere(key, hash, value, .all, writer)
            }
            let header = header(bucket)
            guard mayHaveVacancy(bucket), header.tryLock() else { continue }
            let index = vacancy(in: bucket, for: key, reuse, writer)
            if let index {
                // The way there, before the element is to be seen.
                countOnWay(hash, to: bucket, 1)
                put(key, hash, value, bucket, index)
            }
            header.unlock()
            if index != nil { return true }
        }
        return false
    }

    /// Hot path. `bpf_map_delete_elem`.
    @inline(__always)
    func delete<Key: TableKey>(_ key: Key, writer: Int) -> MapStatus {
        let hash = key.hash(secret)
        var version: UInt32 = 0
        guard let place = find(key, hash, &version) else { return .noEntry }
        let home = home(hash)
        if place.bucket == home, header(home).tryLock(version) {
            retire(home, place.index, writer)
            header(home).unlock()
            noteRetired(1, writer)
            writers[writer].free(1)
            return .done
        }
        return deleteAgain(key, hash, writer)
    }

    /// The element is not in its home bucket, or somebody else writes there.
    @inline(never)
    private func deleteAgain<Key: TableKey>(_ key: Key, _ hash: KeyHash, _ writer: Int) -> MapStatus {
        var version: UInt32 = 0
        var backoff = Backoff()
        while let place = find(key, hash, &version) {
            if header(home(hash)).tryLock(version) {
                let isRemoved = remove(place, hash, writer)
                header(home(hash)).unlock()
                if isRemoved { return .done }
            }
            backoff.pause()
        }
        return .noEntry
    }

    /// Under the lock of the home bucket. False where the element's bucket is locked: who holds it may wait for the home
    /// bucket.
    private func remove(_ place: Place, _ hash: KeyHash, _ writer: Int) -> Bool {
        let home = home(hash)
        let header = header(place.bucket)
        guard place.bucket == home || header.tryLock() else { return false }
        retire(place.bucket, place.index, writer)
        if place.bucket != home {
            header.unlock()
            countOnWay(hash, to: place.bucket, -1)
        }
        noteRetired(1, writer)
        writers[writer].free(1)
        return true
    }

    /// Adds to the overflow of the buckets that the key passes on its way from its home. Under the home's lock.
    @inline(__always)
    func countOnWay(_ hash: KeyHash, to bucket: Int, _ change: Int32) {
        var passed = home(hash)
        while passed != bucket {
            header(passed).addOverflow(change)
            passed = self.bucket(after: passed)
        }
    }
}
