// User space's operations for a key in memory, of the size that the map has: one function for each form of key.
extension HashTable {
    func read(_ key: UnsafeRawPointer, _ copy: (Place) -> Void) -> Bool {
        switch keyForm {
        case .four: readConsistently(OneWordKey(four: key), copy)
        case .eight: readConsistently(OneWordKey(eight: key), copy)
        case .short: readConsistently(OneWordKey(key, bytes: keySize), copy)
        case .twoWords: readConsistently(TwoWordKey(key, bytes: keySize), copy)
        case .long: readConsistently(LongKey(key, bytes: keySize), copy)
        }
    }

    func update(_ key: UnsafeRawPointer, _ value: UserValue, flags: UInt64) -> MapStatus {
        switch keyForm {
        case .four: update(OneWordKey(four: key), value, flags: flags)
        case .eight: update(OneWordKey(eight: key), value, flags: flags)
        case .short: update(OneWordKey(key, bytes: keySize), value, flags: flags)
        case .twoWords: update(TwoWordKey(key, bytes: keySize), value, flags: flags)
        case .long: update(LongKey(key, bytes: keySize), value, flags: flags)
        }
    }

    func delete(_ key: UnsafeRawPointer, writer: Int) -> MapStatus {
        switch keyForm {
        case .four: delete(OneWordKey(four: key), writer: writer)
        case .eight: delete(OneWordKey(eight: key), writer: writer)
        case .short: delete(OneWordKey(key, bytes: keySize), writer: writer)
        case .twoWords: delete(TwoWordKey(key, bytes: keySize), writer: writer)
        case .long: delete(LongKey(key, bytes: keySize), writer: writer)
        }
    }

    /// The number of the element's slot.
    func number(of key: UnsafeRawPointer) -> Int? {
        switch keyForm {
        case .four: number(of: OneWordKey(four: key))
        case .eight: number(of: OneWordKey(eight: key))
        case .short: number(of: OneWordKey(key, bytes: keySize))
        case .twoWords: number(of: TwoWordKey(key, bytes: keySize))
        case .long: number(of: LongKey(key, bytes: keySize))
        }
    }

    private func number<Key: TableKey>(of key: Key) -> Int? {
        find(key, key.hash(secret)).map { number($0.bucket, $0.index) }
    }
}
