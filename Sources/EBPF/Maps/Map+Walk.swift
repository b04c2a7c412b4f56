import Object

/// Some elements of a map, as bytes one behind the other.
public struct EntryBatch: Sendable {
    public let count: Int
    /// `count` keys of `keySize` bytes.
    public let keys: [UInt8]
    /// `count` values of `valueSize` bytes: the map's `userValueSize`.
    public let values: [UInt8]
    public let keySize: Int
    public let valueSize: Int
    /// Where to go on; nil at the end.
    public let next: UInt64?

    public func key(_ index: Int) -> ArraySlice<UInt8> { keys[index * keySize..<(index + 1) * keySize] }
    public func value(_ index: Int) -> ArraySlice<UInt8> { values[index * valueSize..<(index + 1) * valueSize] }
}

// Elements never move, so a cursor is a place in memory: a walk ends, whatever others insert and delete meanwhile, meets
// every element that lives through it, and none twice but one that was deleted and inserted again.
extension Map {
    /// `BPF_MAP_GET_NEXT_KEY`: the first key for nil or for a key that is not in the map, as on Linux; nil behind the
    /// last one.
    public func nextKey(after key: [UInt8]?) throws(MapError) -> [UInt8]? {
        try checkRecords()
        if attributes.type.isKeyless {
            let message = "maps of type \(attributes.type.name) have no keys"
            throw attributes.type == .bloomFilter ? .noOperation(message) : .invalid(message)
        }
        if let key { try checkKey(key.count) }
        try checkReadable()
        let storage = storage
        var found = false
        let next = [UInt8](unsafeUninitializedCapacity: attributes.keySize) { buffer, count in
            let next = UnsafeMutableRawPointer(buffer.baseAddress!)
            if let key {
                found = key.withUnsafeBytes { storage.nextKey(after: $0.baseAddress!, into: next) }
            } else {
                found = storage.nextKey(after: nil, into: next)
            }
            count = found ? attributes.keySize : 0
        }
        return found ? next : nil
    }

    /// Up to `limit` elements behind `cursor`, nil for the start; a batch's `next` is the cursor for the one after it.
    public func entries(after cursor: UInt64? = nil, limit: Int) throws(MapError) -> EntryBatch {
        try checkRecords()
        let room = min(limit, attributes.maxEntries)
        guard room > 0 else { throw .invalid("limit is \(limit), expected at least 1") }
        var position = cursor
        var values: [UInt8] = []
        var count = 0
        var failure: MapError?
        let keys = [UInt8](unsafeUninitializedCapacity: room * attributes.keySize) { keys, keyBytes in
            values = [UInt8](unsafeUninitializedCapacity: room * userValueSize) { values, valueBytes in
                do throws(MapError) {
                    count = try readEntries(
                        after: &position, limit: room, keys: UnsafeMutableRawBufferPointer(keys),
                        values: UnsafeMutableRawBufferPointer(values))
                } catch {
                    failure = error
                }
                valueBytes = count * userValueSize
            }
            keyBytes = count * attributes.keySize
        }
        if let failure { throw failure }
        return EntryBatch(
            count: count, keys: keys, values: values, keySize: attributes.keySize, valueSize: userValueSize,
            next: position)
    }

    /// Copies up to `limit` elements behind `cursor` one behind the other into `keys` and `values`, as many as fit;
    /// their number. `cursor` moves behind them, and is nil at the end.
    public func readEntries(
        after cursor: inout UInt64?, limit: Int, keys: UnsafeMutableRawBufferPointer,
        values: UnsafeMutableRawBufferPointer
    ) throws(MapError) -> Int {
        try checkReadable()
        try checkRecords()
        let valueSize = userValueSize
        let keySize = attributes.keySize
        let room = min(limit, keySize == 0 ? limit : keys.count / keySize, values.count / valueSize)
        guard room > 0 else { throw .invalid("no room for an element") }
        var position = Int(clamping: cursor ?? 0)
        // Dispatched once: specialised for each kind of map.
        let count =
            switch core.kind {
            case .array(let map): fill(map, &position, room, keys, values)
            case .perCPUArray(let map): fill(map, &position, room, keys, values)
            case .hash(let map): fill(map, &position, room, keys, values)
            case .lpm(let map): fill(map, &position, room, keys, values)
            case .queue(let map): fill(map, &position, room, keys, values)
            case .bloom(let map): fill(map, &position, room, keys, values)
            case .references(let map): fill(map, &position, room, keys, values)
            case .records(let map): fill(map, &position, room, keys, values)
            }
        cursor = count < room ? nil : UInt64(position)
        return count
    }

    private func fill<Storage: MapStorage>(
        _ storage: Storage, _ position: inout Int, _ room: Int, _ keys: UnsafeMutableRawBufferPointer,
        _ values: UnsafeMutableRawBufferPointer
    ) -> Int {
        let keySize = attributes.keySize
        let valueSize = userValueSize
        var key = UnsafeMutableRawPointer(mutating: UnsafeRawBufferPointer(keys).start)
        var value = values.baseAddress!
        for count in 0..<room {
            guard storage.next(from: &position, key: key, value: value) else { return count }
            key += keySize
            value += valueSize
        }
        return room
    }

    /// Calls `body` with each element's key and value, until it returns false.
    public func forEach(_ body: (_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool) throws(MapError) {
        var cursor: UInt64?
        repeat {
            let batch = try entries(after: cursor, limit: 256)
            for index in 0..<batch.count where !body(batch.key(index), batch.value(index)) { return }
            cursor = batch.next
        } while cursor != nil
    }
}
