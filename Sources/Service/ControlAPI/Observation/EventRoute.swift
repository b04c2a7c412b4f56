import HTTP
import HTTPTypes

/// `/v1/events`
enum EventRoute {
    static var endpoint: Endpoint { .get("/v1/events", query: ["types", "interval", "limit"], at: .reader, get) }

    static func get(_ context: Context) throws(Problem) -> Response {
        var options = EventOptions()
        if let text = context.request.query("types") {
            options.kinds = []
            for name in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let kind = EventHub.Kind(rawValue: String(name)) else {
                    throw .parameter("types", "\(name) is none of stats, lifecycle, trace")
                }
                options.kinds.insert(kind)
            }
        }
        if let milliseconds = try context.integer("interval", in: 100...60_000) {
            options.interval = .milliseconds(milliseconds)
        }
        options.limit = try context.limit()
        var last: UInt64?
        if let text = context.request.headers[.lastEventID], !text.isEmpty {
            guard let id = UInt64(text) else { throw .parameter("Last-Event-ID", "\(text) is not the id of an event") }
            last = id
        }
        let control = context.control
        return control.events.subscribe(options, after: last) { Statistics.all(control) }
    }
}

extension HTTPField.Name {
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}
