import HTTP
import Maps

/// `/v1/maps/{map}/entries/{key}` and `/v1/maps/{map}/lookup`
enum EntryRoutes {
    static let forms = ["format", "percpu"]

    static var endpoints: [Endpoint] {
        [
            .get("/v1/maps/{map}/entries/{key}", query: forms, get),
            .put("/v1/maps/{map}/entries/{key}", query: forms, bodyLimit: 64 << 20, put),
            .delete("/v1/maps/{map}/entries/{key}", query: forms, delete),
            Endpoint(
                method: .post, template: "/v1/maps/{map}/lookup", query: forms, body: .json, place: .loop, run: lookup),
        ] + EntriesRoutes.endpoints + [BatchRoute.endpoint, RecordRoute.endpoint] + QueueRoutes.endpoints
    }

    static func get(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        let key = try target.pathKey(context)
        return try answer(context, target, key, try target.element(key))
    }

    static func lookup(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        let key = try target.codec.key(try context.json().members(known: ["key"]).required("key"))
        return try answer(context, target, key, try target.lookup(key))
    }

    static func put(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        try target.record.requireWritable()
        let key = try target.pathKey(context)
        let members = try context.json().members(known: ["key", "value", "hex"])
        if let given = members["key"], try target.codec.key(given) != key {
            throw given.refusal("is not the key of the URL")
        }
        let value = try target.value(try members.required("value"))
        let old = target.find(key)
        let mode = try self.mode(context, old)
        var isNew = old == nil
        if context.isDryRun {
            try target.check(key, mode, exists: old != nil)
        } else {
            do {
                // Told by the update itself where the map can: a program may insert the same key at this moment.
                if mode == .any && isNew && target.references == nil {
                    isNew = try insertOrUpdate(target.record.map, key, value)
                } else {
                    try target.record.map.update(key, value, mode)
                }
            } catch {
                throw Problem(error, mode: mode)
            }
        }
        var response = try answer(context, target, key, value.stored(size: target.record.map.userValueSize))
        if isNew {
            response.status = .created
            response.headers[.location] = context.request.path
        }
        if context.isDryRun { response.headers[.swaleDryRun] = "true" }
        return response
    }

    private static func insertOrUpdate(_ map: Map, _ key: [UInt8], _ value: EntryValue) throws(MapError) -> Bool {
        do {
            try map.update(key, value, .noExist)
            return true
        } catch .exists {
            try map.update(key, value, .any)
            return false
        }
    }

    static func delete(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        try target.record.requireWritable()
        let key = try target.pathKey(context)
        try context.checkPreconditions(target.find(key).map { ETag.make($0) })
        if context.isDryRun {
            guard target.record.attributes.hasDeletableEntries else {
                throw Problem(
                    MapError.invalid("elements of a map of type \(target.record.attributes.type.name) can't be deleted")
                )
            }
            _ = try target.element(key)
        } else {
            do {
                try target.record.map.delete(key)
            } catch {
                throw Problem(error)
            }
        }
        return context.deleted()
    }

    private static func answer(
        _ context: Context, _ target: EntryTarget, _ key: [UInt8], _ value: [UInt8]
    ) throws(Problem) -> Response {
        var text = JSONText(reserving: 256)
        target.codec.write(key: key[...], value: value[...], to: &text)
        text.byte(0x0a)
        var response = Response(contentType: "application/json", bytes: text.bytes)
        response.headers[.eTag] = ETag.make(value)
        return response
    }

    /// What the preconditions ask of the map; tags are compared here.
    private static func mode(_ context: Context, _ old: [UInt8]?) throws(Problem) -> UpdateMode {
        let headers = context.request.headers
        switch (headers[.ifMatch], headers[.ifNoneMatch]) {
        case (nil, "*"): return .noExist
        case ("*", nil): return .exist
        case (nil, nil): return .any
        default:
            try context.checkPreconditions(old.map { ETag.make($0) })
            return headers[.ifMatch] != nil ? .exist : .any
        }
    }
}
