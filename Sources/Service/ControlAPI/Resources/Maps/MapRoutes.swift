import Foundation
import HTTP
import Maps
import Object

/// `/v1/maps`
enum MapRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/maps", query: ["limit", "cursor"], list),
            .get("/v1/maps/{map}", get),
            .put("/v1/maps/{map}", put),
            .delete("/v1/maps/{map}", delete),
        ]
    }

    static func list(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state
        let all = state.maps.values.sorted { $0.name < $1.name }
        return try context.page(all, name: { $0.name }) { record throws(Problem) in json(record, state) }
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state
        let record = try state.map(try context.map())
        return context.answer(json(record, state), etag: record.etag)
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let name = try context.map()
        let control = context.control
        var state = control.state
        let old = state.maps[name]
        try context.checkPreconditions(old?.etag)
        if let owner = old?.program { throw .conflict("map \(name) belongs to program \(owner)") }
        guard Names.isName(name) else {
            throw .conflict("\(name) is a name for a map of a program; one that stands by itself has no dot")
        }
        let (given, inner) = try MapAttributes.read(try context.json())
        let attributes = given.adjusted(control.dataplane.domain)
        if let old, old.attributes == attributes, old.map.inner == inner {
            return context.written(json(old, state), etag: old.etag, isNew: false)
        }
        try requireUnused(name, state)
        let record: MapRecord
        do {
            record = MapRecord(
                name: name, map: try Map(attributes, domain: control.dataplane.domain, name: name, inner: inner))
        } catch {
            throw Problem(error)
        }
        state.maps[name] = record
        if !context.isDryRun {
            control.change { $0.maps[name] = record }
            control.events.lifecycle(old == nil ? .created : .replaced, "map", name)
        }
        return context.written(json(record, state), etag: record.etag, isNew: old == nil)
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let name = try context.map()
        let state = context.control.state
        try context.checkPreconditions(state.maps[name]?.etag)
        if let owner = try state.map(name).program {
            throw .inUse("map \(name) belongs to program \(owner)", by: ["/v1/programs/\(owner)"])
        }
        try requireUnused(name, state)
        if !context.isDryRun {
            context.control.change { $0.maps[name] = nil }
            context.control.events.lifecycle(.deleted, "map", name)
        }
        return context.deleted()
    }

    private static func requireUnused(_ name: String, _ state: ControlState) throws(Problem) {
        let users = state.users(ofMap: name)
        guard users.isEmpty else {
            throw .inUse(
                "map \(name) is used by \(users.joined(separator: ", "))", by: users.map { "/v1/programs/\($0)" })
        }
        guard let map = state.maps[name]?.map else { return }
        let holders = state.maps.values.filter { holder in
            holder.attributes.type.holdsMaps && holder.map.allReferences.contains { $0.reference?.object === map }
        }.map(\.name).sorted()
        guard holders.isEmpty else {
            throw .inUse(
                "map \(name) is in \(holders.joined(separator: ", "))", by: holders.map { "/v1/maps/\($0)" })
        }
    }

    static func json(_ record: MapRecord, _ state: ControlState) -> JSON {
        var status: JSON = [
            "entries": .integer(record.map.entryCount), "perCPU": .bool(record.map.isPerCPU),
            "workers": .integer(record.map.isPerCPU ? record.map.domain.workers : 1),
            "program": record.program.map { .string($0) } ?? nil,
        ]
        if let symbol = record.symbol { status.set("symbol", .string(symbol)) }
        status.set("users", .array(state.users(ofMap: record.name).map { .string($0) }))
        status.set("readOnly", .bool(record.isReadOnly))
        status.set("schema", state.schema(of: record)?.json ?? nil)
        return ["name": .string(record.name), "spec": record.spec, "status": status]
    }
}

extension MapRecord {
    /// Whether user space may not write.
    var isReadOnly: Bool { isFrozen || map.isFrozen || attributes.flags.contains(.readOnlyUser) }

    func requireWritable() throws(Problem) {
        if isReadOnly { throw Problem(.readOnly, "map \(name) is read-only") }
    }
}

extension MapAttributes {
    private static let members = ["type", "keySize", "valueSize", "maxEntries", "flags", "extra"]

    /// `MapSpec` of openapi.yaml, with what the maps in it are like where it is one of maps.
    static func read(_ reader: JSONReader) throws(Problem) -> (MapAttributes, inner: MapAttributes?) {
        let members = try reader.members(known: Self.members + ["inner"])
        let attributes = try MapAttributes(members)
        guard let inner = members["inner"] else { return (attributes, nil) }
        guard attributes.type.holdsMaps else { throw inner.refusal("only maps of maps have this") }
        return (attributes, try MapAttributes(try inner.members(known: Self.members)))
    }

    private init(_ members: JSONReader.Members) throws(Problem) {
        let typeReader = try members.required("type")
        let typeName = try typeReader.string()
        guard let type = MapType(name: typeName) else {
            throw typeReader.refusal("no type of map is called \(typeName)")
        }
        self.init(
            type: type, keySize: Int(try members.required("keySize").integer(in: 0...512)),
            valueSize: Int(try members.required("valueSize").integer(in: 0...Int128(UInt32.max))),
            maxEntries: Int(try members.required("maxEntries").integer(in: 0...Int128(UInt32.max))))
        if let hashes = try members["extra"]?.integer(in: 0...Int128(UInt64.max)) { extra = UInt64(hashes) }
        for item in try members["flags"]?.items() ?? [] {
            let name = try item.string()
            guard let flag = MapFlags.named.first(where: { $0.name == name })?.flag else {
                throw item.refusal("\(name) is none of \(MapFlags.named.map(\.name).joined(separator: ", "))")
            }
            guard !flags.contains(flag) else { throw item.refusal("\(name) is given twice") }
            flags.insert(flag)
        }
    }
}
