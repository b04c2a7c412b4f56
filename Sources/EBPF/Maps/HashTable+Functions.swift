extension HashMap {
    func functions() -> MapFunctions {
        MapFunctions(
            map: UnsafeMutableRawPointer(table),
            lookup: { map, key, _ in HashMap(map).lookup(key) },
            update: { map, key, value, flags, _ in HashMap(map).update(key, value, flags: flags).result },
            delete: { map, key, _ in HashMap(map).delete(key).result })
    }

    @inline(__always)
    private init(_ table: UnsafeMutableRawPointer) {
        self.init(table: table.assumingMemoryBound(to: HashTable.self))
    }
}

extension PerCPUHashMap {
    func functions() -> MapFunctions {
        MapFunctions(
            map: UnsafeMutableRawPointer(table),
            lookup: { map, key, slot in PerCPUHashMap(map).lookup(key, slot: slot) },
            update: { map, key, value, flags, slot in
                PerCPUHashMap(map).update(key, value, flags: flags, slot: slot).result
            },
            delete: { map, key, _ in PerCPUHashMap(map).delete(key).result })
    }

    @inline(__always)
    private init(_ table: UnsafeMutableRawPointer) {
        let table = table.assumingMemoryBound(to: HashTable.self)
        self.init(table: table, values: table.pointee.perCPU.unsafelyUnwrapped)
    }
}
