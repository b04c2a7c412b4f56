import Object

/// A hash map whose elements have a value for every worker and one that belongs to none.
///
/// The table holds the keys; a worker's values lie together, at the element's slot number.
/// Trivially copyable; valid while its `Map` lives.
struct PerCPUHashMap {
    let table: UnsafeMutablePointer<HashTable>
    let values: HashTable.PerCPUValues

    /// Hot path.
    @inline(__always)
    func lookup(_ key: UnsafeRawPointer, slot: Int) -> UnsafeMutableRawPointer? {
        guard let number = table.pointee.number(of: key) else { return nil }
        return values.address(number, slot: slot)
    }

    /// Hot path.
    @inline(__always)
    func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64, slot: Int) -> MapStatus {
        table.pointee.update(key, WorkerValue(values: values, value: value, worker: slot), flags: flags)
    }

    /// Hot path.
    @inline(__always)
    func delete(_ key: UnsafeRawPointer) -> MapStatus { table.pointee.delete(key) }
}

/// What a program writes: its own worker's value; a new element has zeros for the others.
struct WorkerValue: ValueSource {
    let values: HashTable.PerCPUValues
    let value: UnsafeRawPointer
    let worker: Int

    @inline(__always)
    func overwrite(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int) {
        values.address(number, slot: worker).storeWords(from: value, bytes: table.valueSize)
    }

    @inline(__always)
    func fill(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int) {
        for other in 0...values.workers where other != worker {
            values.address(number, slot: other).storeZeros(bytes: table.valueSize)
        }
        overwrite(table, slot: slot, number: number)
    }
}

/// What user space writes: a value for each worker; the slot of no worker takes the first worker's.
struct AllWorkersValue: ValueSource {
    let values: HashTable.PerCPUValues
    let value: UnsafeRawPointer

    func overwrite(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int) {
        for worker in 0...values.workers {
            let source = value + (worker < values.workers ? worker : 0) * values.stride
            values.address(number, slot: worker).storeWords(from: source, bytes: table.valueSize)
        }
    }

    func fill(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int) {
        overwrite(table, slot: slot, number: number)
    }
}

extension PerCPUHashMap: MapStorage {
    var elements: Int { table.pointee.writers.count.load(ordering: .relaxed) }

    private func copy(_ number: Int, to value: UnsafeMutableRawPointer) {
        for worker in 0..<values.workers {
            values.address(number, slot: worker).loadWords(to: value + worker * values.stride, bytes: values.stride)
        }
    }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        table.pointee.readConsistently(key) { copy(table.pointee.number($0.bucket, $0.index), to: value) }
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        table.pointee.update(key, AllWorkersValue(values: values, value: value), flags: flags)
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { delete(key) }

    func clear() { table.pointee.clear() }

    func position(after key: UnsafeRawPointer) -> Int? {
        table.pointee.number(of: key).map { $0 + 1 }
    }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        table.pointee.next(from: &position) { slot, number in
            slot.loadWords(to: key, bytes: table.pointee.keySize)
            if let value { copy(number, to: value) }
        }
    }
}
