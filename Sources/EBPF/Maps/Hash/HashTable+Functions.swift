extension HashMap {
    /// A C function takes no generic argument: one of each for every form of key.
    var functions: MapFunctions {
        (table.pointee.isPlain ? plainFunctions : table.pointee.isNear ? nearFunctions : nil) ?? generalFunctions
    }

    /// For the forms of key that occur most, in a plain map.
    private var plainFunctions: MapFunctions? {
        let general = generalFunctions
        let isWord = table.pointee.valueSize == 8
        switch table.pointee.keyForm {
        case .four:
            return functions(
                lookup: { map, key, _ in HashMap(map).lookupPlain(OneWordKey(four: key)) },
                update: isWord ? { HashMap($0).updatePlain(OneWordKey(four: $1), $2, $3, $4) } : general.update,
                delete: general.delete)
        case .eight:
            return functions(
                lookup: { map, key, _ in HashMap(map).lookupPlain(OneWordKey(eight: key)) },
                update: isWord ? { HashMap($0).updatePlain(OneWordKey(eight: $1), $2, $3, $4) } : general.update,
                delete: general.delete)
        case .twoWords where table.pointee.keySize == 16:
            return functions(
                lookup: { map, key, _ in HashMap(map).lookupPlain(TwoWordKey(sixteen: key)) },
                update: isWord ? { HashMap($0).updatePlain(TwoWordKey(sixteen: $1), $2, $3, $4) } : general.update,
                delete: general.delete)
        default: return nil
        }
    }

    /// The same in another map.
    private var nearFunctions: MapFunctions? {
        let general = generalFunctions
        let isWord = table.pointee.valueSize == 8
        switch table.pointee.keyForm {
        case .four:
            return functions(
                lookup: { HashMap($0).lookupNear(OneWordKey(four: $1), $2) },
                update: isWord ? { HashMap($0).updateNear(OneWordKey(four: $1), $2, $3, $4) } : general.update,
                delete: general.delete)
        case .eight:
            return functions(
                lookup: { HashMap($0).lookupNear(OneWordKey(eight: $1), $2) },
                update: isWord ? { HashMap($0).updateNear(OneWordKey(eight: $1), $2, $3, $4) } : general.update,
                delete: general.delete)
        case .twoWords where table.pointee.keySize == 16:
            return functions(
                lookup: { HashMap($0).lookupNear(TwoWordKey(sixteen: $1), $2) },
                update: isWord ? { HashMap($0).updateNear(TwoWordKey(sixteen: $1), $2, $3, $4) } : general.update,
                delete: general.delete)
        default: return nil
        }
    }

    private var generalFunctions: MapFunctions {
        switch table.pointee.keyForm {
        case .four:
            functions(
                lookup: { HashMap($0).lookup(OneWordKey(four: $1), $2) },
                update: { HashMap($0).update(OneWordKey(four: $1), $2, $3, $4) },
                delete: { HashMap($0).delete(OneWordKey(four: $1), $2) })
        case .eight:
            functions(
                lookup: { HashMap($0).lookup(OneWordKey(eight: $1), $2) },
                update: { HashMap($0).update(OneWordKey(eight: $1), $2, $3, $4) },
                delete: { HashMap($0).delete(OneWordKey(eight: $1), $2) })
        case .short:
            functions(
                lookup: { HashMap($0).lookup(OneWordKey($1, bytes: HashMap($0).keySize), $2) },
                update: { HashMap($0).update(OneWordKey($1, bytes: HashMap($0).keySize), $2, $3, $4) },
                delete: { HashMap($0).delete(OneWordKey($1, bytes: HashMap($0).keySize), $2) })
        case .twoWords:
            functions(
                lookup: { HashMap($0).lookup(TwoWordKey($1, bytes: HashMap($0).keySize), $2) },
                update: { HashMap($0).update(TwoWordKey($1, bytes: HashMap($0).keySize), $2, $3, $4) },
                delete: { HashMap($0).delete(TwoWordKey($1, bytes: HashMap($0).keySize), $2) })
        case .long:
            functions(
                lookup: { HashMap($0).lookup(LongKey($1, bytes: HashMap($0).keySize), $2) },
                update: { HashMap($0).update(LongKey($1, bytes: HashMap($0).keySize), $2, $3, $4) },
                delete: { HashMap($0).delete(LongKey($1, bytes: HashMap($0).keySize), $2) })
        }
    }

    private func functions(
        lookup: @escaping MapFunctions.Lookup, update: @escaping MapFunctions.Update,
        delete: @escaping MapFunctions.Delete
    ) -> MapFunctions {
        MapFunctions(map: UnsafeMutableRawPointer(table), lookup: lookup, update: update, delete: delete)
    }

    @inline(__always)
    private var keySize: Int { table.pointee.keySize }

    @inline(__always)
    private func lookup<Key: TableKey>(_ key: Key, _ worker: Int) -> UnsafeMutableRawPointer? {
        table.pointee.lookup(key, worker: worker)
    }

    @inline(__always)
    private func update<Key: TableKey>(_ key: Key, _ value: UnsafeRawPointer, _ flags: UInt64, _ worker: Int) -> Int64 {
        table.pointee.update(key, ProgramValue(value: value, worker: worker), flags: flags).result
    }

    @inline(__always)
    private func delete<Key: TableKey>(_ key: Key, _ worker: Int) -> Int64 {
        table.pointee.delete(key, writer: worker).result
    }
}
