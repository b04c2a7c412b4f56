import Synchronization

// The same operations where a map is plain (`HashTable.isPlain`), in as few instructions as there can be: a look at the
// first slot with the key's tag in its home bucket. What is left to do after that is called by a jump, so that nothing
// is saved for it.
extension HashMap {
    /// What the home bucket says of a key.
    private enum Guess {
        case found(UnsafeMutableRawPointer)
        case absent
        /// Look further.
        case unsure
    }

    @inline(__always)
    private func guess<Key: TableKey>(_ key: Key, _ hash: UInt64) -> Guess {
        let header = table.pointee.header(table.pointee.home(hash))
        let version = Key.isOneWord ? 0 : header.version.pointee.load(ordering: .acquiring)
        let candidates = table.pointee.candidates(header.tags.pointee.load(ordering: .acquiring), hash)
        guard candidates != 0 else {
            return header.overflow.pointee.load(ordering: .acquiring) == 0 ? .absent : .unsure
        }
        let index = candidates.trailingZeroBitCount &>> 3
        let slot = header.address + HashLayout.headerSize + index &* table.pointee.slotStride
        guard key.matches(slot), Key.isOneWord || table.pointee.isUnwritten(header, since: version) else {
            return .unsure
        }
        return .found(slot + table.pointee.valueOffset)
    }

    /// Hot path.
    @inline(__always)
    func lookupPlain<Key: TableKey>(_ key: Key) -> UnsafeMutableRawPointer? {
        let hash = key.hash(table.pointee.secret)
        switch guess(key, hash) {
        case .found(let value): return value
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
        if flags & ~UpdateMode.exist.rawValue == 0, case .found(let place) = guess(key, hash) {
            place.atomic64().pointee.store(value.loadUnaligned(as: UInt64.self), ordering: .relaxed)
            return 0
        }
        return Self.updateFurther(table, key, value, flags, worker)
    }

    @inline(never)
    private static func lookupFurther<Key: TableKey>(
        _ table: UnsafeMutablePointer<HashTable>, _ key: Key, _ hash: UInt64
    ) -> UnsafeMutableRawPointer? {
        table.pointee.findAnywhere(key, hash).map { $0.slot + table.pointee.valueOffset }
    }

    @inline(never)
    private static func updateFurther<Key: TableKey>(
        _ table: UnsafeMutablePointer<HashTable>, _ key: Key, _ value: UnsafeRawPointer, _ flags: UInt64, _ worker: Int
    ) -> Int64 {
        table.pointee.update(key, ProgramValue(value: value, worker: worker), flags: flags).result
    }
}
