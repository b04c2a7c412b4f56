// The map's description lies behind its values.

extension ArrayMap {
    static func functions(_ map: UnsafeMutablePointer<ArrayMap>) -> MapFunctions {
        MapFunctions(
            map: UnsafeMutableRawPointer(map),
            lookup: { map, key, _ in map.assumingMemoryBound(to: ArrayMap.self).pointee.lookup(key) },
            update: { map, key, value, flags, _ in
                map.assumingMemoryBound(to: ArrayMap.self).pointee.update(key, value, flags: flags).result
            },
            delete: { _, _, _ in MapStatus.invalid.result })
    }
}

extension PerCPUArrayMap {
    static func functions(_ map: UnsafeMutablePointer<PerCPUArrayMap>) -> MapFunctions {
        MapFunctions(
            map: UnsafeMutableRawPointer(map),
            lookup: { map, key, slot in
                map.assumingMemoryBound(to: PerCPUArrayMap.self).pointee.lookup(key, slot: slot)
            },
            update: { map, key, value, flags, slot in
                map.assumingMemoryBound(to: PerCPUArrayMap.self).pointee
                    .update(key, value, flags: flags, slot: slot).result
            },
            delete: { _, _, _ in MapStatus.invalid.result })
    }
}
