/// A map whose elements have no keys.
protocol KeylessStorage: MapStorage {}

extension KeylessStorage {
    func readExactly(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool { read(key, into: value) }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { .invalid }

    func nextKey(after key: UnsafeRawPointer?, into next: UnsafeMutableRawPointer) -> Bool { false }
}

extension MapFunctions {
    /// Of a map that programs neither look up nor update or delete elements of.
    static func none(_ map: UnsafeMutableRawPointer) -> MapFunctions {
        MapFunctions(
            map: map, lookup: { _, _, _ in nil }, update: { _, _, _, _, _ in MapStatus.invalid.result },
            delete: { _, _, _ in MapStatus.invalid.result })
    }
}
