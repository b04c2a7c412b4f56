import HTTP
import Maps

/// `/v1/maps/{map}/batch`
enum BatchRoute {
    enum Operation: String, CaseIterable { case get, put, delete }
    enum Mode: String, CaseIterable {
        case any, noexist, exist

        var update: UpdateMode {
            switch self {
            case .any: .any
            case .noexist: .noExist
            case .exist: .exist
            }
        }
    }

    private enum Step {
        case get([UInt8])
        case put([UInt8], EntryValue, UpdateMode)
        case delete([UInt8])
    }

    /// Operations of one batch.
    private static let mostOperations = 100_000
    /// Bytes of values that one batch may ask for.
    private static let mostValueBytes = 16 << 20

    /// Parsing a large batch takes seconds: beside the writers, as maps need no order with other objects.
    static var endpoint: Endpoint {
        Endpoint(
            method: .post, template: "/v1/maps/{map}/batch", query: EntryRoutes.forms + ["dryRun"], body: .json,
            bodyLimit: EntriesRoutes.bodyLimit, place: .reader, run: run)
    }

    static func run(_ context: Context) throws(Problem) -> Response {
        let target = try EntryTarget(context)
        let isDryRun = context.isDryRun
        let operations = try context.json().members(known: ["operations"]).required("operations").items()
        guard operations.count <= mostOperations else {
            throw Problem(.invalid, "a batch has up to \(mostOperations) operations, not \(operations.count)")
        }
        var steps: [Step] = []
        steps.reserveCapacity(operations.count)
        for operation in operations { steps.append(try step(operation, target)) }
        var reads = 0
        for case .get in steps { reads += 1 }
        guard reads <= mostValueBytes / max(target.record.map.userValueSize, 1) else {
            throw Problem(.invalid, "the values of \(reads) reads are more than \(mostValueBytes) bytes")
        }
        var text = JSONText(reserving: 32 * steps.count)
        var failed = 0
        text.raw("{\"results\":[")
        for (index, step) in steps.enumerated() {
            if index > 0 { text.byte(UInt8(ascii: ",")) }
            do throws(Problem) {
                try carryOut(step, target, isDryRun, &text)
            } catch {
                failed += 1
                text.write([
                    "status": .integer(error.status.code), "type": .string(error.type),
                    "detail": .string(error.detail),
                ])
            }
        }
        text.raw("],\"failed\":")
        text.integer(failed)
        text.raw("}\n")
        var response = Response(contentType: "application/json", bytes: text.bytes)
        if isDryRun { response.headers[.swaleDryRun] = "true" }
        return response
    }

    private static func step(_ reader: JSONReader, _ target: EntryTarget) throws(Problem) -> Step {
        let members = try reader.members(known: ["op", "key", "value", "mode"])
        let operation: Operation = try members.required("op").choice()
        let key = try target.codec.key(try members.required("key"))
        if operation != .put, let surplus = members["value"] ?? members["mode"] {
            throw surplus.refusal("only put takes this")
        }
        switch operation {
        case .get: return .get(key)
        case .delete:
            try target.record.requireWritable()
            return .delete(key)
        case .put:
            try target.record.requireWritable()
            let mode: Mode = try members["mode"]?.choice() ?? .any
            return .put(key, try target.value(try members.required("value")), mode.update)
        }
    }

    private static func carryOut(
        _ step: Step, _ target: EntryTarget, _ isDryRun: Bool, _ text: inout JSONText
    ) throws(Problem) {
        switch step {
        case .get(let key):
            let value = try target.lookup(key)
            text.raw("{\"status\":200,\"value\":")
            target.codec.writeValue(value[...], to: &text)
            text.byte(UInt8(ascii: "}"))
            return
        case .put(let key, let value, let mode):
            if isDryRun {
                try target.check(key, mode, exists: target.find(key) != nil)
            } else {
                do {
                    try target.record.map.update(key, value, mode)
                } catch {
                    throw Problem(error, mode: mode)
                }
            }
            text.raw("{\"status\":200}")
        case .delete(let key):
            if isDryRun {
                guard target.record.attributes.hasDeletableEntries else {
                    throw Problem(MapError.invalid("elements of arrays can't be deleted"))
                }
                _ = try target.lookup(key)
            } else {
                do {
                    try target.record.map.delete(key)
                } catch {
                    throw Problem(error)
                }
            }
            text.raw("{\"status\":204}")
        }
    }
}
