import Maps

/// What a map is to hold, checked before the first change.
struct EntryContent {
    private(set) var entries: [(key: [UInt8], value: [UInt8])] = []
    private var keys: Set<[UInt8]> = []

    init(_ context: Context, _ target: EntryTarget) throws(Problem) {
        if context.request.contentType == "application/x-ndjson" {
            try readLines(context.request.body, target)
        } else {
            let items = try context.json().members(known: ["items"]).required("items").items()
            for item in items { try read(item, target) }
        }
        guard entries.count <= target.record.attributes.maxEntries else {
            throw Problem(.mapFull, "\(entries.count) entries for a map of \(target.record.attributes.maxEntries)")
        }
    }

    private mutating func readLines(_ body: [UInt8], _ target: EntryTarget) throws(Problem) {
        let reader = target.codec.lineReader
        var start = 0
        while start < body.count {
            let end = body[start...].firstIndex(of: 0x0a) ?? body.count
            let index = entries.count
            if let reader, let entry = body.withUnsafeBufferPointer({ reader.entry($0[start..<end]) }) {
                try add(entry.key, entry.value, target, JSONReader(nil, at: JSONPointer() / index / "key"))
            } else if body[start..<end].contains(where: { $0 > 0x20 }) {
                try read(JSONReader(try JSON(parsing: Array(body[start..<end])), at: JSONPointer() / index), target)
            }
            start = end + 1
        }
    }

    private mutating func read(_ item: JSONReader, _ target: EntryTarget) throws(Problem) {
        let members = try item.members(known: ["key", "value", "hex"])
        let key = try members.required("key")
        let value = try members.required("value")
        try add(try target.codec.key(key), try target.codec.value(value), target, key)
    }

    /// - Parameter place: where the key stands.
    private mutating func add(
        _ key: [UInt8], _ value: [UInt8], _ target: EntryTarget, _ place: @autoclosure () -> JSONReader
    ) throws(Problem) {
        let key = try target.canonicalKey(key)
        guard keys.insert(key).inserted else { throw place().refusal("the key is given twice") }
        if !target.record.attributes.hasDeletableEntries {
            let index = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
            guard index < target.record.attributes.maxEntries else {
                throw place().refusal(
                    "index \(index) is past the end of \(target.record.attributes.maxEntries) elements")
            }
        }
        entries.append((key, value))
    }

    /// Deletes what is not given, then writes what is; the elements of an array that are not given become zero.
    func swap(into map: Map) throws(Problem) {
        let zero = [UInt8](repeating: 0, count: map.userValueSize)
        do {
            if map.attributes.hasDeletableEntries {
                var surplus: [[UInt8]] = []
                try map.forEach { key, _ in
                    let key = Array(key)
                    if !keys.contains(key) { surplus.append(key) }
                    return true
                }
                for key in surplus {
                    do {
                        try map.delete(key)
                    } catch .noEntry {
                        continue
                    }
                }
            } else {
                for index in 0..<UInt32(map.attributes.maxEntries) {
                    let key = withUnsafeBytes(of: index.littleEndian) { Array($0) }
                    if !keys.contains(key) { try map.update(key, zero) }
                }
            }
            for entry in entries { try map.update(entry.key, entry.value) }
        } catch {
            throw Problem(error)
        }
    }
}
