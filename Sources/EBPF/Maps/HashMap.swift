import Object

/// A hash map: values lie behind their keys in the table.
///
/// Trivially copyable; valid while its `Map` lives.
struct HashMap {
    let table: UnsafeMutablePointer<HashTable>

    /// Hot path.
    @inline(__always)
    func lookup(_ key: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
        guard let slot = table.pointee.slot(of: key) else { return nil }
        return slot + table.pointee.valueOffset
    }

    /// Hot path.
    @inline(__always)
    func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        table.pointee.update(key, InlineValue(value: value), flags: flags)
    }

    /// Hot path.
    @inline(__always)
    func delete(_ key: UnsafeRawPointer) -> MapStatus { table.pointee.delete(key) }
}

/// One value, in the slot.
struct InlineValue: ValueSource {
    let value: UnsafeRawPointer

    @inline(__always)
    func overwrite(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int) {
        (slot + table.valueOffset).storeWords(from: value, bytes: table.valueSize)
    }

    @inline(__always)
    func fill(_ table: borrowing HashTable, slot: UnsafeMutableRawPointer, number: Int) {
        overwrite(table, slot: slot, number: number)
    }
}

extension HashMap: MapStorage {
    var elements: Int { table.pointee.writers.count.load(ordering: .relaxed) }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        table.pointee.readConsistently(key) {
            ($0.slot + table.pointee.valueOffset).loadWords(to: value, bytes: table.pointee.valueSize)
        }
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        update(key, value, flags: flags)
    }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { delete(key) }

    func clear() { table.pointee.clear() }

    func position(after key: UnsafeRawPointer) -> Int? {
        table.pointee.number(of: key).map { $0 + 1 }
    }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        table.pointee.next(from: &position) { slot, _ in
            slot.loadWords(to: key, bytes: table.pointee.keySize)
            if let value { (slot + table.pointee.valueOffset).loadWords(to: value, bytes: table.pointee.valueSize) }
        }
    }
}
