import Synchronization

// Deleted slots and new elements. All under the lock of the slot's bucket.
extension HashTable {
    /// Which slots a new element may have, beside the one that its key had last.
    enum Reuse {
        /// Free ones, and retired ones that nobody holds.
        case normal
        /// Retired ones that nobody holds: the spare slots are used up.
        case passed
        /// Free and retired ones.
        case all
    }

    /// Hot path.
    @inline(__always)
    func reuse(_ writer: Int) -> Reuse {
        retirement.state.isExhausted ? reuseWhenExhausted(writer) : .normal
    }

    @inline(never)
    private func reuseWhenExhausted(_ writer: Int) -> Reuse {
        guard retirement.isExhausted() else { return .normal }
        return isLRU || isAlone(writer) ? .all : .passed
    }

    private func isAlone(_ writer: Int) -> Bool {
        domain._withUnsafeGuaranteedRef { $0.isOffline(except: writer < workers ? writer : nil) }
    }

    /// Hot path. The element's slot is deleted, its address may be held.
    @inline(__always)
    func retire(_ bucket: Int, _ index: Int, _ writer: Int) {
        let header = header(bucket)
        let tag = retirement.state.tag
        header.setTag(index, tag)
        if writer == workers { confirm(header, index, tag) }
    }

    /// For a thread that no quiescent point waits for: the generation must not have ended before the tag was set.
    @inline(never)
    private func confirm(_ header: BucketHeader, _ index: Int, _ tag: UInt64) {
        var tag = tag
        while true {
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            let current = retirement.state.tag
            if current == tag { return }
            tag = current
            header.setTag(index, tag)
        }
    }

    /// Hot path. Counts retired slots, or fewer than 0 that are used again.
    @inline(__always)
    func noteRetired(_ count: Int, _ writer: Int) {
        if writers[writer].retire(count, limit: countedRetired) { retirement.count(writers[writer].takeRetired()) }
    }

    /// Hot path. A slot for a new element with this key; its own of before, if that is here.
    @inline(__always)
    func vacancy<Key: TableKey>(in bucket: Int, for key: Key, _ reuse: Reuse, _ writer: Int) -> Int? {
        let tags = header(bucket).tags.pointee.load(ordering: .acquiring)
        let state = retirement.state
        var vacant = ~tags & tagMask
        var choice: Int?
        while vacant != 0 {
            let index = vacant.trailingZeroBitCount &>> 3
            let tag = tags &>> UInt64(truncatingIfNeeded: 8 &* index) & 0xff
            vacant &= vacant &- 1
            if tag == 0 {
                if reuse != .passed { choice = choice ?? index }
            } else if key.matches(slot(bucket, index)) {
                choice = index
                break
            } else if choice == nil && (reuse == .all || state.hasPassed(tag)) {
                choice = index
            }
        }
        guard let choice else { return nil }
        let tag = tags &>> UInt64(truncatingIfNeeded: 8 &* choice) & 0xff
        return tag == 0 || state.hasPassed(tag) || takeHeld(bucket, choice, key, writer) ? choice : nil
    }

    /// A slot whose address workers may hold.
    @inline(never)
    private func takeHeld<Key: TableKey>(_ bucket: Int, _ index: Int, _ key: Key, _ writer: Int) -> Bool {
        // A worker that came online before the slot was deleted may be about to write there. In an LRU map it takes the
        // bucket's lock for that.
        guard isLRU || key.matches(slot(bucket, index)) || isAlone(writer) else { return false }
        noteRetired(-1, writer)
        return true
    }

    /// Without a lock: the bucket has slots that are no element's.
    @inline(__always)
    func mayHaveVacancy(_ bucket: Int) -> Bool {
        ~header(bucket).tags.pointee.load(ordering: .relaxed) & tagMask != 0
    }

    /// Without a lock: the bucket has slots that never were an element's.
    func hasFreeSlot(_ bucket: Int) -> Bool {
        let tags = header(bucket).tags.pointee.load(ordering: .relaxed)
        return (0..<width).contains { tags &>> UInt64(8 * $0) & 0xff == 0 }
    }
}
