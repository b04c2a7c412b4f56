import Object

/// A hash map of any kind: values lie behind their keys in the table, or apart and one for each worker; LRU maps evict.
///
/// Trivially copyable; valid while its `Map` lives.
struct HashMap {
    let table: UnsafeMutablePointer<HashTable>

    @inline(__always)
    init(_ table: UnsafeMutablePointer<HashTable>) { self.table = table }

    @inline(__always)
    init(_ table: UnsafeMutableRawPointer) { self.table = table.assumingMemoryBound(to: HashTable.self) }
}

/// What a program writes: its own worker's value; a new element has zeros for the others.
struct ProgramValue: ValueSource {
    static var isProgram: Bool { true }
    let value: UnsafeRawPointer
    let worker: Int

    @inline(__always)
    func writer(_ table: borrowing HashTable) -> Int { worker }

    @inline(__always)
    func prefetch(_ table: borrowing HashTable, _ hash: KeyHash, isNew: Bool) {
        // Overwriting stores only, which waits for nothing.
        if isNew { table.prefetchValues(hash) }
    }

    @inline(__always)
    func overwrite(_ table: borrowing HashTable, _ place: HashTable.Place) {
        let target = table.value(place, worker: worker)
        if table.valueSize == 8 {
            target.atomic64().pointee.store(value.loadUnaligned(as: UInt64.self), ordering: .relaxed)
        } else {
            target.storeWords(from: value, bytes: table.valueSize)
        }
    }

    @inline(__always)
    func fill(_ table: borrowing HashTable, _ place: HashTable.Place) {
        if table.isPerCPU {
            for other in 0...table.workers where other != worker {
                table.value(place, worker: other).storeZeros(bytes: table.valueSize)
            }
        }
        overwrite(table, place)
    }
}

/// What user space writes: a value for each worker in a per-CPU map; the slot of no worker takes the first worker's.
struct UserValue: ValueSource {
    static var isProgram: Bool { false }
    let value: UnsafeRawPointer

    @inline(__always)
    func writer(_ table: borrowing HashTable) -> Int { table.workers }

    func prefetch(_ table: borrowing HashTable, _ hash: KeyHash, isNew: Bool) { table.prefetchValues(hash) }

    @inline(__always)
    func overwrite(_ table: borrowing HashTable, _ place: HashTable.Place) {
        guard table.isPerCPU else {
            (place.slot + table.valueOffset).storeWords(from: value, bytes: table.valueSize)
            return
        }
        for worker in 0...table.workers {
            let source = value + (worker < table.workers ? worker : 0) * table.valueStride
            table.value(place, worker: worker).storeWords(from: source, bytes: table.valueSize)
        }
    }

    @inline(__always)
    func fill(_ table: borrowing HashTable, _ place: HashTable.Place) { overwrite(table, place) }
}

extension HashMap: PositionedStorage {
    var elements: Int { table.pointee.count }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        table.pointee.read(key) { copy($0, to: value) }
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        let status = table.pointee.update(key, UserValue(value: value), flags: flags)
        guard status == .noMemory, table.pointee.domain._withUnsafeGuaranteedRef({ $0.waitForQuiescence() }) else {
            return status
        }
        return table.pointee.update(key, UserValue(value: value), flags: flags)
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { table.pointee.delete(key, writer: table.pointee.workers) }

    func clear() { table.pointee.clear() }

    func position(after key: UnsafeRawPointer) -> Int? { table.pointee.number(of: key).map { $0 + 1 } }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        table.pointee.next(from: &position) { place in
            place.slot.loadWords(to: key, bytes: table.pointee.keySize)
            if let value { copy(place, to: value) }
        }
    }

    @inline(__always)
    private func copy(_ place: HashTable.Place, to value: UnsafeMutableRawPointer) {
        guard table.pointee.isPerCPU else {
            (place.slot + table.pointee.valueOffset).loadWords(to: value, bytes: table.pointee.valueSize)
            return
        }
        let stride = table.pointee.valueStride
        for worker in 0..<table.pointee.workers {
            table.pointee.value(place, worker: worker).loadWords(to: value + worker * stride, bytes: stride)
        }
    }
}
