import HTTP
import HTTPTypes

/// One operation of openapi.yaml: how it is reached, what it takes, and what it does.
struct Endpoint: Sendable {
    /// Which thread carries it out.
    enum Place: Sendable {
        /// The event loop: takes well under a millisecond.
        case loop
        /// Any thread: reads only.
        case reader
        /// The control queue, one after another.
        case writer
        /// The verification pool: may take seconds. A write waits for its turn there when it has verified.
        case verifier
        /// The pool of test runs: may take seconds.
        case testRun
    }

    enum Body: Sendable {
        case none
        case optional([String])
        case required([String])

        static let json = Body.required(["application/json"])
    }

    var method: HTTPRequest.Method
    /// `/v1/maps/{map}`
    var template: String
    /// Query parameters that it knows.
    var query: [String] = []
    var body = Body.none
    var bodyLimit = 1 << 20
    var place: Place
    var run: @Sendable (Context) throws(Problem) -> Response

    static func get(
        _ template: String, query: [String] = [], at place: Place = .loop,
        _ run: @escaping @Sendable (Context) throws(Problem) -> Response
    ) -> Endpoint {
        Endpoint(method: .get, template: template, query: query, place: place, run: run)
    }

    static func put(
        _ template: String, query: [String] = [], body: Body = .json, bodyLimit: Int = 1 << 20,
        at place: Place = .writer, _ run: @escaping @Sendable (Context) throws(Problem) -> Response
    ) -> Endpoint {
        Endpoint(
            method: .put, template: template, query: query + ["dryRun"], body: body, bodyLimit: bodyLimit,
            place: place, run: run)
    }

    static func delete(
        _ template: String, query: [String] = [], _ run: @escaping @Sendable (Context) throws(Problem) -> Response
    ) -> Endpoint {
        Endpoint(method: .delete, template: template, query: query + ["dryRun"], place: .writer, run: run)
    }

    private static let flags = ["dryRun", "log", "follow"]

    /// Refuses what the operation doesn't know, before it begins.
    func check(_ request: Request) throws(Problem) {
        var seen: Set<String> = []
        for item in request.query {
            guard query.contains(item.name) else {
                let known = query.isEmpty ? "none" : query.joined(separator: ", ")
                throw .parameter(item.name, "unknown query parameter; known here: \(known)")
            }
            guard seen.insert(item.name).inserted else { throw .parameter(item.name, "given more than once") }
            if Self.flags.contains(item.name), !["true", "false"].contains(item.value) {
                throw .parameter(item.name, "\(item.value) is neither true nor false")
            }
        }
        switch body {
        case .none: break
        case .optional(let types):
            if !request.body.isEmpty { try checkType(request, types) }
        case .required(let types): try checkType(request, types)
        }
    }

    private func checkType(_ request: Request, _ types: [String]) throws(Problem) {
        guard let type = request.contentType else {
            guard types.contains("application/json") else {
                throw Problem(
                    .unsupportedMediaType, "Content-Type is missing; taken are \(types.joined(separator: ", "))")
            }
            return
        }
        guard types.contains(type) else {
            throw Problem(.unsupportedMediaType, "\(type) is not taken here; \(types.joined(separator: ", ")) is")
        }
    }
}
