import Engine
import HTTP
import HTTPTypes

/// `/v1/fib`: what `bpf_fib_lookup` and `bpf_check_mtu` answer from.
enum FIBRoutes {
    static var endpoints: [Endpoint] {
        [
            .get("/v1/fib", at: .reader, get),
            .put("/v1/fib", put),
            .delete("/v1/fib", delete),
            .get("/v1/fib/table", query: ["limit", "cursor"], at: .reader, table),
        ] + FIBCollection.allCases.flatMap { endpoints($0) }
    }

    private static func endpoints(_ collection: FIBCollection) -> [Endpoint] {
        let template = "/v1/fib/\(collection.rawValue)"
        return [
            .get(template, query: ["limit", "cursor"], at: .reader) { context throws(Problem) in
                let state = context.control.state
                let resolution = FIBResolution(state)
                let all = state.fib[collection].sorted { $0.key < $1.key }
                return try context.page(all, name: { $0.key }) { item throws(Problem) in
                    json(item.key, item.value, resolution)
                }
            },
            .get(template + "/{entry}", at: .reader) { context throws(Problem) in
                let name = try context.fibEntry()
                let state = context.control.state
                let entry = try state.fibEntry(collection, name)
                return context.answer(
                    json(name, entry, FIBResolution(state)), etag: FIBState.etag(collection, name, entry))
            },
            .put(template + "/{entry}") { context throws(Problem) in try put(context, collection) },
            .delete(template + "/{entry}") { context throws(Problem) in try delete(context, collection) },
        ]
    }

    // MARK: The whole

    private static func etag(_ state: FIBState) -> String { ETag.make("fib", "", state.spec) }

    private static func json(_ control: Control, _ state: FIBState) -> JSON {
        ["spec": state.spec, "status": control.fib.status]
    }

    private static func get(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state.fib
        return context.answer(json(context.control, state), etag: etag(state))
    }

    private static func put(_ context: Context) throws(Problem) -> Response {
        let control = context.control
        var state = control.state.fib
        try context.checkPreconditions(etag(state))
        let members = try context.json().members(known: ["source", "refreshSeconds"])
        state.source = try members["source"]?.choice() ?? .api
        state.refreshSeconds = (try members["refreshSeconds"]?.integer(in: 1...86400)).map { Int($0) }
        if !context.isDryRun { set(state, control) }
        return context.written(json(control, state), etag: etag(state), isNew: false)
    }

    private static func delete(_ context: Context) throws(Problem) -> Response {
        let control = context.control
        try context.checkPreconditions(etag(control.state.fib))
        if !context.isDryRun { set(FIBState(), control) }
        return context.deleted()
    }

    private static func set(_ state: FIBState, _ control: Control) {
        control.change { $0.fib = state }
        control.fib.update(control.state, readsHost: true)
        control.fib.refresh(every: state.refreshSeconds, on: control.writer) { [weak control] in
            control?.state ?? ControlState()
        }
        control.events.lifecycle(.changed, "fib", "fib")
    }

    // MARK: One of it

    private static func json(_ name: String, _ entry: FIBEntry, _ resolution: FIBResolution) -> JSON {
        let ifindex = resolution.ifindex(entry.egress)
        let isActive = entry.egress == nil || ifindex != nil
        return [
            "name": .string(name), "spec": entry.json,
            "status": ["active": .bool(isActive), "ifindex": ifindex.map { .integer($0) } ?? nil],
        ]
    }

    /// Entries of one collection.
    private static let most = 10_000

    private static func put(_ context: Context, _ collection: FIBCollection) throws(Problem) -> Response {
        let name = try context.fibEntry()
        let control = context.control
        let old = control.state.fib[collection][name]
        try context.checkPreconditions(old.map { FIBState.etag(collection, name, $0) })
        let entry = try FIBEntry(collection, try context.json())
        guard old != nil || control.state.fib[collection].count < most else {
            throw .conflict("there are \(most) \(collection.rawValue) already")
        }
        if !context.isDryRun, entry != old {
            control.change { $0.fib.entries[collection, default: [:]][name] = entry }
            control.fib.update(control.state)
            control.events.lifecycle(old == nil ? .created : .replaced, collection.kind, name)
        }
        return context.written(
            json(name, entry, FIBResolution(control.state)), etag: FIBState.etag(collection, name, entry),
            isNew: old == nil)
    }

    private static func delete(_ context: Context, _ collection: FIBCollection) throws(Problem) -> Response {
        let name = try context.fibEntry()
        let control = context.control
        try context.checkPreconditions(
            control.state.fib[collection][name].map { FIBState.etag(collection, name, $0) })
        _ = try control.state.fibEntry(collection, name)
        if !context.isDryRun {
            control.change { $0.fib.entries[collection]?[name] = nil }
            control.fib.update(control.state)
            control.events.lifecycle(.deleted, collection.kind, name)
        }
        return context.deleted()
    }

    // MARK: What programs see

    /// Interfaces, then neighbours, then routes.
    private static func table(_ context: Context) throws(Problem) -> Response {
        let contents = context.control.fib.table.contents
        let counts = (contents.interfaces.count, contents.neighbours.count, contents.routes.count)
        let all = counts.0 + counts.1 + counts.2
        let start = Int(min(try context.position() ?? 0, UInt64(all)))
        let end = min(start + (try context.limit() ?? Context.defaultLimit), all)
        let items = (start..<end).map { index -> JSON in
            if index < counts.0 {
                let interface = contents.interfaces[index]
                return item("interface", interface.json, interface.ifindex)
            }
            if index < counts.0 + counts.1 {
                let neighbour = contents.neighbours[index - counts.0]
                return item("neighbour", neighbour.json, neighbour.ifindex)
            }
            let route = contents.routes[index - counts.0 - counts.1]
            return item("route", route.json, route.ifindex)
        }
        var json: JSON = ["items": .array(items)]
        if end < all { json.set("next", .string(String(end))) }
        return context.answer(json)
    }

    private static func item(_ type: String, _ entry: JSON, _ ifindex: UInt32) -> JSON {
        ["type": .string(type), "ifindex": .integer(ifindex), "entry": entry]
    }
}

extension Context {
    fileprivate func fibEntry() throws(Problem) -> String {
        let text = request.parameters["entry"]
        guard Names.isName(text) else { throw .parameter("entry", "\(text) can't be a name") }
        return text
    }
}

extension ControlState {
    fileprivate func fibEntry(_ collection: FIBCollection, _ name: String) throws(Problem) -> FIBEntry {
        guard let entry = fib[collection][name] else { throw .notFound("there is no \(collection.kind) \(name)") }
        return entry
    }
}
