// The same operations for a key in memory, of the size that the map has.
extension HashTable {
    /// Hot path.
    @inline(__always)
    func find(_ key: UnsafeRawPointer) -> Place? {
        switch keyForm {
        case .four: find(fourBytes(key))
        case .eight: find(eightBytes(key))
        case .short: find(shortKey(key))
        case .twoWords: find(TwoWordKey(key, bytes: keySize))
        case .long: find(LongKey(key, bytes: keySize))
        }
    }

    /// Hot path.
    @inline(__always)
    func update<Value: ValueSource>(_ key: UnsafeRawPointer, _ value: Value, flags: UInt64) -> MapStatus {
        switch keyForm {
        case .four: update(fourBytes(key), value, flags: flags)
        case .eight: update(eightBytes(key), value, flags: flags)
        case .short: update(shortKey(key), value, flags: flags)
        case .twoWords: update(TwoWordKey(key, bytes: keySize), value, flags: flags)
        case .long: update(LongKey(key, bytes: keySize), value, flags: flags)
        }
    }

    /// Hot path.
    @inline(__always)
    func delete(_ key: UnsafeRawPointer) -> MapStatus {
        switch keyForm {
        case .four: delete(fourBytes(key))
        case .eight: delete(eightBytes(key))
        case .short: delete(shortKey(key))
        case .twoWords: delete(TwoWordKey(key, bytes: keySize))
        case .long: delete(LongKey(key, bytes: keySize))
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

    @inline(__always)
    private func fourBytes(_ key: UnsafeRawPointer) -> OneWordKey {
        OneWordKey(UInt64(key.loadUnaligned(as: UInt32.self)))
    }

    @inline(__always)
    private func eightBytes(_ key: UnsafeRawPointer) -> OneWordKey { OneWordKey(key.loadUnaligned(as: UInt64.self)) }

    @inline(__always)
    private func shortKey(_ key: UnsafeRawPointer) -> OneWordKey { OneWordKey(key.tail(keySize)) }
}
