import HTTP
import Maps
import Object

/// A map that says which port a MAC address is at, as its BTF tells.
struct ForwardingTable {
    let record: MapRecord
    private let address: Field
    private let port: Field
    private let vlan: Field?

    /// A number or an address within a key or a value.
    private struct Field {
        var isInKey: Bool
        var offset: Int
        var size: Int
    }

    /// The table among a program's maps: one that is called so, or else the first that has the form.
    static func find(_ program: ProgramRecord, _ state: ControlState) -> ForwardingTable? {
        let tables = program.mapNames.compactMap { name -> ForwardingTable? in
            guard let record = state.maps[name], let schema = state.schema(of: record) else { return nil }
            return ForwardingTable(record, schema)
        }
        return tables.first { $0.isNamedSo } ?? tables.first
    }

    private var isNamedSo: Bool {
        let name = (record.symbol ?? record.name).lowercased()
        return ["fdb", "mac", "forward", "station"].contains { name.contains($0) }
    }

    private init?(_ record: MapRecord, _ schema: MapSchema) {
        guard !record.map.isPerCPU || record.map.domain.workers == 1, record.symbol?.hasPrefix(".") != true,
            let address = Self.address(schema.key, record.symbol ?? record.name),
            let port = Self.number(schema.value, called: ["port", "dst", "egress", "ifindex"], sole: true)
        else { return nil }
        self.record = record
        self.address = address
        self.port = Field(isInKey: false, offset: port.offset, size: port.size)
        vlan =
            Self.number(schema.key, called: ["vlan", "vid"], sole: false).map { field in
                var field = field
                field.isInKey = true
                return field
            } ?? Self.number(schema.value, called: ["vlan", "vid"], sole: false)
    }

    private static func address(_ key: TypeSchema, _ name: String) -> Field? {
        switch key.shape {
        case .mac: return Field(isInKey: true, offset: 0, size: 6)
        case .composite(let composite):
            for member in composite.flattened where member.bits == nil {
                if case .mac = member.type.shape { return Field(isInKey: true, offset: member.bitOffset / 8, size: 6) }
            }
            return nil
        case .integer(64, _, false):
            // An address in the low 48 bits, which only the name can tell.
            let name = name.lowercased()
            return name.contains("fdb") || name.contains("mac") ? Field(isInKey: true, offset: 0, size: 6) : nil
        default: return nil
        }
    }

    private static func number(_ type: TypeSchema, called names: [String], sole: Bool) -> Field? {
        if case .integer(_, _, false) = type.shape, sole { return Field(isInKey: false, offset: 0, size: type.size) }
        guard case .composite(let composite) = type.shape else { return nil }
        let numbers = composite.flattened.filter {
            if case .integer(_, _, false) = $0.type.shape { return $0.bits == nil }
            return false
        }
        for name in names {
            if let member = numbers.first(where: { $0.name?.lowercased().contains(name) ?? false }) {
                return Field(isInKey: false, offset: member.bitOffset / 8, size: member.type.size)
            }
        }
        return nil
    }

    func json(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>, ports: [UInt8: String]) -> JSON {
        let from = key.startIndex + address.offset
        let number = Self.read(port, key, value)
        var json: JSON = [
            "mac": .string(MACAddress.text(key[from..<from + 6])), "port": .integer(number),
            "portName": UInt8(exactly: number).flatMap { ports[$0] }.map { .string($0) } ?? nil,
        ]
        if let vlan { json.set("vlan", .integer(Self.read(vlan, key, value))) }
        return json
    }

    private static func read(_ field: Field, _ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Int {
        let bytes = field.isInKey ? key : value
        let from = bytes.startIndex + field.offset
        return Int(
            truncatingIfNeeded: bytes[from..<from + min(field.size, 8)].reversed()
                .reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

/// `/v1/switches/{switch}/fdb`
enum ForwardingRoute {
    static var endpoint: Endpoint {
        .get("/v1/switches/{switch}/fdb", query: ["limit", "cursor"], at: .reader, get)
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state
        let record = try state.switch(try context.switch())
        guard let attachment = record.attachment, let program = state.programs[attachment.program] else {
            throw .notFound("switch \(record.name) has no program")
        }
        guard let table = ForwardingTable.find(program, state) else {
            throw .notFound("program \(program.name) keeps no table of MAC addresses and ports that its BTF tells of")
        }
        let ports = Dictionary(record.ports.values.map { ($0.number, $0.name) }) { first, _ in first }
        var cursor = try context.position()
        var items: [JSON] = []
        do {
            let batch = try table.record.map.entries(
                after: cursor, limit: try context.limit() ?? Context.defaultLimit)
            for index in 0..<batch.count {
                items.append(table.json(key: batch.key(index), value: batch.value(index), ports: ports))
            }
            cursor = batch.next
            if let next = batch.next, try table.record.map.entries(after: next, limit: 1).count == 0 { cursor = nil }
        } catch let error as MapError {
            throw Problem(error)
        } catch let error as Problem {
            throw error
        } catch {
            throw .conflict("\(error)")
        }
        var json: JSON = ["map": .string(table.record.name), "items": .array(items)]
        if let cursor { json.set("next", .string(String(cursor))) }
        return context.answer(json)
    }
}
