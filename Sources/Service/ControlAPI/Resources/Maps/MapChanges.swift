import Engine
import Maps

/// What a test run did to the copies of a program's maps, as JSON.
struct MapChanges {
    private(set) var items: [JSON] = []
    /// Whether these are all changes.
    private(set) var isComplete = true

    private static let limit = 1000
    /// Of keys and values.
    private static let bytesLimit = 4 << 20

    /// - Parameter format: typed where there is type information, if nil.
    init(
        _ sandbox: Sandbox, _ record: ProgramRecord, _ state: ControlState, format: EntryCodec.Format?
    ) throws(Problem) {
        var room = Self.bytesLimit
        for (index, (name, map)) in zip(record.mapNames, sandbox.maps).enumerated() {
            if map.recordsDescriptor != nil {
                try addRecords(name, map)
                continue
            }
            let schema = format == .hex ? nil : state.maps[name].flatMap { state.schema(of: $0) }
            let codec = try EntryCodec(map, schema: schema, format: schema == nil ? .hex : .typed, perCPU: .all)
            do {
                try sandbox.forEachChange(ofMap: index) { key, before, after in
                    room -= key.count + (before?.count ?? 0) + (after?.count ?? 0)
                    guard room >= 0, items.count < Self.limit else {
                        isComplete = false
                        return false
                    }
                    items.append(Self.item(name, codec, key, before, after))
                    return true
                }
            } catch .notPermitted {
                // What nobody may read is not told here either.
                isComplete = false
            } catch {
                throw Problem(error)
            }
        }
    }

    /// Records that runs wrote are elements without a key.
    private mutating func addRecords(_ name: String, _ map: Map) throws(Problem) {
        do {
            for record in try map.takeRecords(limit: Self.limit - items.count) {
                items.append([
                    "map": .string(name), "key": nil, "before": nil, "after": .string(Hex.text(record.bytes)),
                ])
            }
        } catch .notPermitted {
            isComplete = false
        } catch {
            throw Problem(error)
        }
        if items.count == Self.limit || map.lostRecords > 0 { isComplete = false }
    }

    private static func item(
        _ name: String, _ codec: EntryCodec, _ key: ArraySlice<UInt8>, _ before: ArraySlice<UInt8>?,
        _ after: ArraySlice<UInt8>?
    ) -> JSON {
        func text(_ body: (inout JSONText) -> Void) -> JSON {
            var text = JSONText()
            body(&text)
            return .raw(text.bytes)
        }
        return [
            "map": .string(name), "key": text { codec.writeKey(key, to: &$0) },
            "before": before.map { value in text { codec.writeValue(value, to: &$0) } } ?? .null,
            "after": after.map { value in text { codec.writeValue(value, to: &$0) } } ?? .null,
        ]
    }
}
