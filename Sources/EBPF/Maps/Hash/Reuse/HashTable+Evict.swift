import Synchronization

extension HashTable {
    /// Takes room for an element in an LRU map, from an element that goes if there is none.
    @inline(__always)
    func makeRoom(_ writer: Int) {
        if !writers[writer].take() { makeMoreRoom(writer) }
    }

    @inline(never)
    private func makeMoreRoom(_ writer: Int) {
        var backoff = Backoff()
        // Should all elements be on their way in, the next one that is there goes.
        while !(mayHaveRoom() && takeRoom(writer) || evict(writer)) { backoff.pause() }
    }

    /// Buckets in which the hand looks for an element that was not used, before it takes one that was: an insertion into a
    /// map whose elements are all in use must not go through all of it.
    private static let reach = 64

    /// Deletes an element that was not used since a hand passed it last; its room is the caller's. False where there is
    /// none.
    @inline(never)
    private func evict(_ writer: Int) -> Bool {
        let hand = writers[writer].hand.load(ordering: .relaxed)
        var bucket = hand
        var seen = 0
        repeat {
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
                    if removeStored(bucket, index, writer) {
                        writers[writer].hand.store(bucket, ordering: .relaxed)
                        return true
                    }
                } else {
                    header.references.pointee.store(0, ordering: .relaxed)
                }
            }
            seen &+= 1
            bucket = self.bucket(after: bucket)
        } while bucket != hand || seen <= Self.reach
        return false
    }

    /// Deletes the element in a slot, and leaves its room to the caller. False where there is none, or where somebody else
    /// holds one of the locks that it takes.
    private func removeStored(_ bucket: Int, _ index: Int, _ writer: Int) -> Bool {
        let header = header(bucket)
        guard header.tryLock() else { return false }
        defer { header.unlock() }
        guard isLive(bucket, index) else { return false }
        let hash = LongKey(slot(bucket, index), bytes: keySize).hash(secret)
        let home = home(hash)
        guard home == bucket || self.header(home).tryLock() else { return false }
        retire(bucket, index, writer)
        if home != bucket {
            countOnWay(hash, to: bucket, -1)
            self.header(home).unlock()
        }
        noteRetired(1, writer)
        return true
    }

    private func isLive(_ bucket: Int, _ index: Int) -> Bool {
        header(bucket).tags.pointee.load(ordering: .acquiring) &>> UInt64(8 &* index) & 0x80 != 0
    }

    /// Deletes everything, an element at a time.
    func clear() {
        for bucket in 0..<Int(buckets) {
            for index in 0..<width {
                var backoff = Backoff()
                while isLive(bucket, index) {
                    if removeStored(bucket, index, workers) {
                        writers[workers].free(1)
                        break
                    }
                    backoff.pause()
                }
            }
        }
    }
}
