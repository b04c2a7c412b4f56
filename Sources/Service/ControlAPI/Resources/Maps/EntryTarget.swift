import HTTP
import Maps
import Object

/// The map of a request, and the form in which the request speaks of its entries.
struct EntryTarget: Sendable {
    /// Larger values are not shown, in bytes.
    static let valueLimit = 16 << 20

    let record: MapRecord
    let codec: EntryCodec
    /// How values are written where they are typed, in maps that refer to maps or programs.
    let references: ReferenceForm?

    init(_ context: Context) throws(Problem) {
        let state = context.control.state
        record = try state.map(try context.map())
        guard record.map.userValueSize <= Self.valueLimit else {
            throw Problem(.unsupported, "values of \(record.map.userValueSize) bytes are more than the API handles")
        }
        let type = record.attributes.type
        if type.isKeyless {
            let uses = type == .bloomFilter ? "push and contains" : "push, pop and peek"
            throw Problem(.unsupported, "a map of type \(type.name) has no keys, and so no entries: it has \(uses)")
        }
        if record.map.recordsDescriptor != nil {
            throw Problem(.unsupported, "a map of type \(type.name) has no entries: its records are read as they come")
        }
        let format: EntryCodec.Format? = try context.choice("format")
        references = format == .hex ? nil : ReferenceForm(record.map, state)
        codec = try EntryCodec(
            record.map, schema: state.schema(of: record), format: format, perCPU: try context.choice("percpu"),
            references: references)
    }

    func value(_ reader: JSONReader) throws(Problem) -> EntryValue {
        if let references { return try references.value(reader) }
        return .bytes(try codec.value(reader))
    }

    func pathKey(_ context: Context) throws(Problem) -> [UInt8] {
        let text = context.request.parameters["key"]
        guard let key = Hex.bytes(text) else {
            throw .parameter("key", "\(text) is not 0x and an even number of hexadecimal digits")
        }
        guard key.count == codec.keySize else {
            throw .parameter("key", "\(key.count) bytes; keys of \(record.name) have \(codec.keySize)")
        }
        return key
    }

    func lookup(_ key: [UInt8]) throws(Problem) -> [UInt8] {
        do {
            return try record.map.lookup(key)
        } catch {
            throw Problem(error)
        }
    }

    /// The value of the entry with this very key.
    func element(_ key: [UInt8]) throws(Problem) -> [UInt8] {
        do {
            return try record.map.element(key)
        } catch {
            throw Problem(error)
        }
    }

    func find(_ key: [UInt8]) -> [UInt8]? { try? record.map.element(key) }

    /// The key as the map has it.
    func canonicalKey(_ key: [UInt8]) throws(Problem) -> [UInt8] {
        do {
            return try record.map.canonicalKey(key)
        } catch {
            throw Problem(error)
        }
    }

    /// What an update would be refused for.
    func check(_ key: [UInt8], _ mode: UpdateMode, exists: Bool) throws(Problem) {
        _ = try canonicalKey(key)
        switch mode {
        case .exist where !exists: throw Problem(MapError.noEntry, mode: .exist)
        case .noExist where exists: throw Problem(MapError.exists)
        default: break
        }
        guard !exists else { return }
        if record.attributes.type.isIndexed {
            let index = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
            guard index >= record.attributes.maxEntries else { return }
            throw Problem(MapError.tooBig("index is past the end of \(record.attributes.maxEntries) elements"))
        }
        let evicts = record.attributes.type == .lruHash || record.attributes.type == .lruPerCPUHash
        if !evicts, record.map.entryCount >= record.attributes.maxEntries { throw Problem(MapError.full) }
    }
}

extension MapAttributes {
    /// Elements of arrays are always there.
    var hasDeletableEntries: Bool { type != .array && type != .perCPUArray }
}

extension MapType {
    /// Whether keys are numbers below `maxEntries`, of 4 bytes.
    var isIndexed: Bool {
        switch self {
        case .array, .perCPUArray, .progArray, .perfEventArray, .arrayOfMaps, .devmap, .cpumap, .xskmap: true
        default: false
        }
    }
}
