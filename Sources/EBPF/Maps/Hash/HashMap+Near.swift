import CLinux
import Synchronization

// The same operations where slots lie behind their bucket's header (`HashTable.isNear`), in as few instructions as there
// can be: a look at the first slot with the key's tag in its home bucket. What is left to do after that is called by a
// jump, so that nothing is saved for it.
extension HashMap {
    /// What the home bucket says of a key.
    private enum Guess {
        case found(index: Int, slot: UnsafeMutableRawPointer)
        case absent
        /// Look further.
        case unsure
    }

    /// `version` is the bucket's, read before.
    @inline(__always)
    private func guess<Key: TableKey>(
        _ key: Key, _ hash: KeyHash, _ header: BucketHeader, _ version: UInt32
    ) -> Guess {
        let candidates = table.pointee.candidates(header.tags.pointee.load(ordering: .acquiring), hash)
        guard candidates != 0 else {
            return header.overflow.pointee.load(ordering: .acquiring) == 0 ? .absent : .unsure
        }
        let index = candidates.trailingZeroBitCount &>> 3
        let slot = header.address + HashLayout.headerSize + index &* table.pointee.slotStride
        guard key.matches(slot), Key.isOneWord || table.pointee.isUnwritten(header, since: version) else {
            return .unsure
        }
        return .found(index: index, slot: slot)
    }

    @inline(__always)
    private func version<Key: TableKey>(_ header: BucketHeader, for key: Key) -> UInt32 {
        Key.isOneWord ? 0 : header.version.pointee.load(ordering: .acquiring)
    }

    // MARK: plain maps: neither per-CPU nor LRU

    /// Hot path.
    @inline(__always)
    func lookupPlain<Key: TableKey>(_ key: Key) -> UnsafeMutableRawPointer? {
        let hash = key.hash(table.pointee.secret)
        let header = table.pointee.nearHeader(hash)
        switch guess(key, hash, header, version(header, for: key)) {
        case .found(_, let slot): return slot + table.pointee.valueOffset
        case .absent: return nil
        case .unsure: return Self.lookupFurther(table, key, hash)
        }
    }

    /// Hot path. Values are of 8 bytes.
    @inline(__always)
    func updatePlain<Key: TableKey>(
        _ key: Key, _ value: UnsafeRawPointer, _ flags: UInt64, _ worker: Int
    ) -> Int64 {
        let hash = key.hash(table.pointee.secret)
        let header = table.pointee.nearHeader(hash)
        if flags & ~UpdateMode.exist.rawValue == 0,
            case .found(_, let slot) = guess(key, hash, header, version(header, for: key))
        {
            let word = value.loadUnaligned(as: UInt64.self)
            (slot + table.pointee.valueOffset).atomic64().pointee.store(word, ordering: .relaxed)
            return 0
        }
        return Self.updateFurther(table, key, value, flags, worker)
    }

    @inline(never)
    private static func lookupFurther<Key: TableKey>(
        _ table: UnsafeMutablePointer<HashTable>, _ key: Key, _ hash: KeyHash
    ) -> UnsafeMutableRawPointer? {
        table.pointee.findAnywhere(key, hash).map { $0.slot + table.pointee.valueOffset }
    }

    // MARK: the others

    /// Hot path.
    @inline(__always)
    func lookupNear<Key: TableKey>(_ key: Key, _ worker: Int) -> UnsafeMutableRawPointer? {
        let hash = key.hash(table.pointee.secret)
        let bucket = table.pointee.home(hash)
        let header = table.pointee.nearHeader(hash)
        // Fetched together with the key: of a per-CPU map.
        let values = table.pointee.values(of: bucket, worker: worker)
        if table.pointee.isPerCPU { clinux_prefetch(values) }
        switch guess(key, hash, header, version(header, for: key)) {
        case .found(let index, let slot):
            if table.pointee.isLRU { header.refer(index) }
            return table.pointee.isPerCPU
                ? values + index &* table.pointee.valueStride : slot + table.pointee.valueOffset
        case .absent: return nil
        case .unsure: return Self.lookupFurther(table, key, worker)
        }
    }

    /// Hot path. Values are of 8 bytes.
    @inline(__always)
    func updateNear<Key: TableKey>(
        _ key: Key, _ value: UnsafeRawPointer, _ flags: UInt64, _ worker: Int
    ) -> Int64 {
        let hash = key.hash(table.pointee.secret)
        let bucket = table.pointee.home(hash)
        let header = table.pointee.nearHeader(hash)
        let version = header.version.pointee.load(ordering: .acquiring)
        if flags & ~UpdateMode.exist.rawValue == 0,
            case .found(let index, let slot) = guess(key, hash, header, version)
        {
            let place =
                table.pointee.isPerCPU
                ? table.pointee.values(of: bucket, worker: worker) + index &* table.pointee.valueStride
                : slot + table.pointee.valueOffset
            let word = value.loadUnaligned(as: UInt64.self)
            if table.pointee.hasWordValues {
                place.atomic64().pointee.store(word, ordering: .relaxed)
                return 0
            }
            header.refer(index)
            if header.tryLock(version) {
                place.atomic64().pointee.store(word, ordering: .relaxed)
                header.unlock()
                return 0
            }
        }
        return Self.updateFurther(table, key, value, flags, worker)
    }

    @inline(never)
    private static func lookupFurther<Key: TableKey>(
        _ table: UnsafeMutablePointer<HashTable>, _ key: Key, _ worker: Int
    ) -> UnsafeMutableRawPointer? {
        table.pointee.lookup(key, worker: worker)
    }

    @inline(never)
    private static func updateFurther<Key: TableKey>(
        _ table: UnsafeMutablePointer<HashTable>, _ key: Key, _ value: UnsafeRawPointer, _ flags: UInt64, _ worker: Int
    ) -> Int64 {
        table.pointee.update(key, ProgramValue(value: value, worker: worker), flags: flags).result
    }
}
