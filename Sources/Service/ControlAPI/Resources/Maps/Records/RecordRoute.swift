import HTTP
import HTTPTypes
import Maps
import Object

/// `/v1/maps/{map}/records`
enum RecordRoute {
    static var endpoint: Endpoint {
        .get("/v1/maps/{map}/records", query: ["format", "type", "limit"], at: .reader, get)
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let control = context.control
        let state = control.state
        let record = try state.map(try context.map())
        guard record.map.recordsDescriptor != nil else {
            throw Problem(.unsupported, "map \(record.name) of type \(record.attributes.type.name) has no records")
        }
        guard !record.attributes.flags.contains(.writeOnlyUser) else {
            throw Problem(.readOnly, "user space may not read map \(record.name)")
        }
        let form = try form(context, record, state)
        let stream = control.records.hub(of: record.map).stream(form, limit: try context.limit())
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: .stream(stream))
    }

    private static func form(
        _ context: Context, _ record: MapRecord, _ state: ControlState
    ) throws(Problem) -> RecordForm {
        let format: EntryCodec.Format? = try context.choice("format")
        guard let name = context.request.query("type") else {
            guard format == .typed else { return RecordForm(type: nil) }
            throw .parameter("type", "the map does not say what its records are: name a type of the program")
        }
        guard format != .hex else { throw .parameter("type", "bytes have no type") }
        for user in state.users(ofMap: record.name) {
            guard let btf = state.programs[user]?.object.file.btf else { continue }
            if let type = TypeSchema(btf, named: name) { return RecordForm(type: type) }
        }
        throw .parameter("type", "no program of the map has a type \(name) with a size")
    }
}

extension TypeSchema {
    /// The structure, union or typedef of that name, with or without its keyword; the first that has a size.
    init?(_ btf: BTF, named name: String) {
        for (id, kind) in btf.types.enumerated() {
            let matches =
                switch kind {
                case .structure(let type): type.name.map { name == $0 || name == "struct \($0)" } ?? false
                case .union(let type): type.name.map { name == $0 || name == "union \($0)" } ?? false
                case .typedef(let own, _): own == name
                default: false
                }
            if matches, let schema = TypeSchema(btf, BTF.TypeID(id)), schema.size > 0 {
                self = schema
                return
            }
        }
        return nil
    }
}
