import HTTP
import Maps

/// `/v1/maps/{map}/entries`: the whole content.
enum EntriesRoutes {
    /// The largest body, in bytes.
    static let bodyLimit = 128 << 20
    /// A page ends early at about so many bytes of JSON.
    private static let pageBytes = 8 << 20

    static var endpoints: [Endpoint] {
        [
            .get(
                "/v1/maps/{map}/entries", query: ["limit", "cursor"] + EntryRoutes.forms, at: .reader, list),
            .put(
                "/v1/maps/{map}/entries", query: EntryRoutes.forms,
                body: .required(["application/json", "application/x-ndjson"]), bodyLimit: bodyLimit, put),
            .delete("/v1/maps/{map}/entries", query: EntryRoutes.forms, clear),
        ]
    }

    static func list(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        var cursor = try context.position()
        let limit = try context.limit()
        if context.accepts("application/x-ndjson") {
            let dump = EntryDump(target, cursor: cursor, limit: limit, reader: context.control.reader)
            return Response(
                status: .ok, headers: [.contentType: "application/x-ndjson"], body: .stream(dump.stream))
        }
        var rest = limit ?? Context.defaultLimit
        var text = JSONText(reserving: 64 * rest)
        text.raw("{\"items\":[")
        repeat {
            let batch = try target.entries(after: cursor, limit: rest)
            target.codec.write(batch, separator: UInt8(ascii: ","), to: &text)
            rest -= batch.count
            cursor = batch.next
        } while cursor != nil && rest > 0 && text.bytes.count < pageBytes
        if text.bytes.last == UInt8(ascii: ",") { text.removeLast() }
        text.byte(UInt8(ascii: "]"))
        // A full page may be the last one: look for one more.
        if let cursor, try target.entries(after: cursor, limit: 1).count > 0 {
            text.raw(",\"next\":\"")
            text.integer(cursor)
            text.byte(UInt8(ascii: "\""))
        }
        text.raw("}\n")
        return Response(contentType: "application/json", bytes: text.bytes)
    }

    static func clear(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        try target.record.requireWritable()
        guard target.record.attributes.hasDeletableEntries else {
            throw Problem(
                MapError.invalid("elements of a map of type \(target.record.attributes.type.name) can't be deleted"))
        }
        if !context.isDryRun {
            do {
                try target.record.map.clear()
            } catch {
                throw Problem(error)
            }
        }
        return context.deleted()
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        try target.record.requireWritable()
        guard !target.record.attributes.type.holdsReferences else {
            throw Problem(
                .unsupported, "elements of a map of type \(target.record.attributes.type.name) are set one by one")
        }
        let content = try EntryContent(context, target)
        if !context.isDryRun { try content.swap(into: target.record.map) }
        var response = context.answer(["entries": .integer(content.entries.count)])
        if context.isDryRun { response.headers[.swaleDryRun] = "true" }
        return response
    }
}

extension EntryTarget {
    /// Up to `limit` entries behind a cursor, fewer where they are large.
    func entries(after cursor: UInt64?, limit: Int) throws(Problem) -> EntryBatch {
        let size = max(record.attributes.keySize + record.map.userValueSize, 1)
        do {
            return try record.map.entries(after: cursor, limit: max(1, min(limit, 4096, (1 << 20) / size)))
        } catch {
            throw Problem(error)
        }
    }
}
