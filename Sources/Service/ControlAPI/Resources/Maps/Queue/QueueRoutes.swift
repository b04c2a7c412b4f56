import HTTP
import Maps
import Object

/// Values without keys: `/v1/maps/{map}/push`, `pop`, `peek` and `contains`.
enum QueueRoutes {
    static var endpoints: [Endpoint] {
        [
            post("push", body: .json, push), post("pop", body: .none, pop),
            .get("/v1/maps/{map}/peek", query: ["format"], at: .reader) { context throws(Problem) in
                let target = try KeylessTarget(context, .queue, .stack)
                return try target.taken(context) { () throws(MapError) in try target.map.peek() }
            },
            Endpoint(
                method: .post, template: "/v1/maps/{map}/contains", query: ["format"], body: .json, place: .reader,
                run: contains),
        ]
    }

    private static func post(
        _ name: String, body: Endpoint.Body, _ run: @escaping @Sendable (Context) throws(Problem) -> Response
    ) -> Endpoint {
        Endpoint(
            method: .post, template: "/v1/maps/{map}/\(name)", query: ["format", "dryRun"], body: body, place: .writer,
            run: run)
    }

    private static func push(_ context: Context) throws(Problem) -> Response {
        let target = try KeylessTarget(context, .queue, .stack, .bloomFilter)
        try target.record.requireWritable()
        let members = try context.json().members(known: ["value", "mode"])
        let value = try target.codec.value(try members.required("value"))
        let mode: BatchRoute.Mode = try members["mode"]?.choice() ?? .any
        if let reader = members["mode"],
            mode == .noexist || target.record.attributes.type == .bloomFilter && mode != .any
        {
            throw reader.refusal("a value is pushed; with exist the oldest one of a full queue or stack makes room")
        }
        if !context.isDryRun {
            do {
                try target.map.push(value, mode.update)
            } catch {
                throw Problem(error)
            }
        } else if mode == .any, target.record.attributes.type != .bloomFilter,
            target.map.entryCount >= target.record.attributes.maxEntries
        {
            throw Problem(MapError.full)
        }
        return target.answer(context, value)
    }

    private static func pop(_ context: Context) throws(Problem) -> Response {
        let target = try KeylessTarget(context, .queue, .stack)
        try target.record.requireWritable()
        return try target.taken(context) { () throws(MapError) in
            try context.isDryRun ? target.map.peek() : target.map.pop()
        }
    }

    private static func contains(_ context: Context) throws(Problem) -> Response {
        let target = try KeylessTarget(context, .bloomFilter)
        let value = try target.codec.value(try context.json().members(known: ["value"]).required("value"))
        do {
            let isThere = try target.map.mayContain(value)
            return context.answer(["contains": .bool(isThere)])
        } catch {
            throw Problem(error)
        }
    }
}

/// A queue, stack or Bloom filter, and how its values are written.
private struct KeylessTarget {
    let record: MapRecord
    let codec: EntryCodec

    var map: Map { record.map }

    init(_ context: Context, _ types: MapType...) throws(Problem) {
        let state = context.control.state
        record = try state.map(try context.map())
        guard types.contains(record.attributes.type) else {
            let names = types.map(\.name).joined(separator: ", ")
            throw Problem(.unsupported, "for maps of type \(names); \(record.name) is \(record.attributes.type.name)")
        }
        guard record.map.userValueSize <= EntryTarget.valueLimit else {
            throw Problem(.unsupported, "values of \(record.map.userValueSize) bytes are more than the API handles")
        }
        codec = try EntryCodec(
            record.map, schema: state.schema(of: record), format: try context.choice("format"), perCPU: nil)
    }

    func taken(_ context: Context, _ body: () throws(MapError) -> [UInt8]) throws(Problem) -> Response {
        do {
            return answer(context, try body())
        } catch {
            throw Problem(error)
        }
    }

    /// `{"value": ..., "hex": ...}`
    func answer(_ context: Context, _ value: [UInt8]) -> Response {
        var text = JSONText()
        codec.writeValue(value[...], to: &text)
        var response = context.answer(["value": .raw(text.bytes), "hex": .string(Hex.text(value))])
        if context.isDryRun { response.headers[.swaleDryRun] = "true" }
        return response
    }
}
