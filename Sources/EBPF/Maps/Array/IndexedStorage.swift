/// A map whose keys are the indices of its elements, which are always there.
protocol IndexedStorage: PositionedStorage {
    var count: UInt32 { get }
}

extension IndexedStorage {
    var elements: Int { Int(count) }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { .invalid }

    func position(after key: UnsafeRawPointer) -> Int? {
        let index = key.loadUnaligned(as: UInt32.self)
        return index < count ? Int(index) + 1 : nil
    }
}
