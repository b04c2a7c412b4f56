// The same operations for a key in memory, of the size that the map has. One function for each form of key: their state
// stays in registers, and whoever has an array pays nothing for them.
extension HashTable {
    /// Hot path. The slot of the element with this key.
    @inline(__always)
    func slot(of key: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
        switch keyForm {
        case .four: slotApart(of: fourBytes(key))
        case .eight: slotApart(of: eightBytes(key))
        case .short: slotApart(of: shortKey(key))
        case .twoWords: slotApart(of: TwoWordKey(key, bytes: keySize))
        case .long: slotApart(of: LongKey(key, bytes: keySize))
        }
    }

    /// Hot path. The number of that slot.
    @inline(__always)
    func number(of key: UnsafeRawPointer) -> Int? {
        switch keyForm {
        case .four: numberApart(of: fourBytes(key))
        case .eight: numberApart(of: eightBytes(key))
        case .short: numberApart(of: shortKey(key))
        case .twoWords: numberApart(of: TwoWordKey(key, bytes: keySize))
        case .long: numberApart(of: LongKey(key, bytes: keySize))
        }
    }

    /// Hot path.
    @inline(__always)
    func update<Value: ValueSource>(_ key: UnsafeRawPointer, _ value: Value, flags: UInt64) -> MapStatus {
        switch keyForm {
        case .four: updateApart(fourBytes(key), value, flags: flags)
        case .eight: updateApart(eightBytes(key), value, flags: flags)
        case .short: updateApart(shortKey(key), value, flags: flags)
        case .twoWords: updateApart(TwoWordKey(key, bytes: keySize), value, flags: flags)
        case .long: updateApart(LongKey(key, bytes: keySize), value, flags: flags)
        }
    }

    /// Hot path.
    @inline(__always)
    func delete(_ key: UnsafeRawPointer) -> MapStatus {
        switch keyForm {
        case .four: deleteApart(fourBytes(key))
        case .eight: deleteApart(eightBytes(key))
        case .short: deleteApart(shortKey(key))
        case .twoWords: deleteApart(TwoWordKey(key, bytes: keySize))
        case .long: deleteApart(LongKey(key, bytes: keySize))
        }
    }

    @inline(__always)
    func readConsistently(_ key: UnsafeRawPointer, _ copy: (Place) -> Void) -> Bool {
        switch keyForm {
        case .four: readConsistently(fourBytes(key), copy)
        case .eight: readConsistently(eightBytes(key), copy)
        case .short: readConsistently(shortKey(key), copy)
        case .twoWords: readConsistently(TwoWordKey(key, bytes: keySize), copy)
        case .long: readConsistently(LongKey(key, bytes: keySize), copy)
        }
    }

    @inline(never)
    private func slotApart<Key: TableKey>(of key: Key) -> UnsafeMutableRawPointer? {
        let hash = key.hash(secret)
        switch atHome(key, hash) {
        case .found(let place): return place.slot
        case .absent: return nil
        case .unsure: return slotAnywhere(of: key, hash)
        }
    }

    @inline(never)
    private func slotAnywhere<Key: TableKey>(of key: Key, _ hash: UInt64) -> UnsafeMutableRawPointer? {
        findAnywhere(key, hash)?.slot
    }

    @inline(never)
    private func numberApart<Key: TableKey>(of key: Key) -> Int? {
        let hash = key.hash(secret)
        switch atHome(key, hash) {
        case .found(let place): return number(place.bucket, place.index)
        case .absent: return nil
        case .unsure: return numberAnywhere(of: key, hash)
        }
    }

    @inline(never)
    private func numberAnywhere<Key: TableKey>(of key: Key, _ hash: UInt64) -> Int? {
        findAnywhere(key, hash).map { number($0.bucket, $0.index) }
    }

    @inline(never)
    private func updateApart<Key: TableKey, Value: ValueSource>(_ key: Key, _ value: Value, flags: UInt64) -> MapStatus
    {
        update(key, value, flags: flags)
    }

    @inline(never)
    private func deleteApart<Key: TableKey>(_ key: Key) -> MapStatus { delete(key) }

    @inline(__always)
    private func fourBytes(_ key: UnsafeRawPointer) -> OneWordKey {
        OneWordKey(UInt64(key.loadUnaligned(as: UInt32.self)))
    }

    @inline(__always)
    private func eightBytes(_ key: UnsafeRawPointer) -> OneWordKey { OneWordKey(key.loadUnaligned(as: UInt64.self)) }

    @inline(__always)
    private func shortKey(_ key: UnsafeRawPointer) -> OneWordKey { OneWordKey(key.tail(keySize)) }
}
