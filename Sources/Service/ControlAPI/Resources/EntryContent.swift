import Maps

/// What a map is to hold, checked before the first change.
struct EntryContent {
    private(set) var entries: [(key: [UInt8], value: [UInt8])] = []
    private var keys: Set<[UInt8]> = []

    init(_ context: Context, _ target: EntryTarget) throws(Problem) {
        let attributes = target.record.attributes
        for item in try Self.items(context) {
            let members = try item.members(known: ["key", "value", "hex"])
            let keyReader = try members.required("key")
            let key = try target.codec.key(keyReader)
            guard keys.insert(key).inserted else { throw keyReader.refusal("the key is given twice") }
            if !attributes.hasDeletableEntries {
                let index = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
                guard index < attributes.maxEntries else {
                    throw keyReader.refusal("index \(index) is past the end of \(attributes.maxEntries) elements")
                }
            }
            entries.append((key, try target.codec.value(try members.required("value"))))
        }
        guard entries.count <= attributes.maxEntries else {
            throw Problem(.mapFull, "\(entries.count) entries for a map of \(attributes.maxEntries)")
        }
    }

    private static func items(_ context: Context) throws(Problem) -> [JSONReader] {
        guard context.request.contentType == "application/x-ndjson" else {
            return try context.json().members(known: ["items"]).required("items").items()
        }
        var items: [JSONReader] = []
        for line in context.request.body.split(separator: 0x0a) where line.contains(where: { $0 > 0x20 }) {
            items.append(JSONReader(try JSON(parsing: Array(line)), at: JSONPointer() / items.count))
        }
        return items
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
