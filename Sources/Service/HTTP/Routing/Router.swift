import HTTPTypes

/// Finds the route of a request: 404 where no template fits, 405 with `Allow` where none has the method, 501 for
/// methods that no route could have. Answers OPTIONS itself and HEAD by the GET route.
public struct Router: RequestHandler {
    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, HTTPRequest.Method("QUERY")!,
    ]

    private var tree = RouteTree()
    /// Answers paths that no template fits, with any method; nil answers 404.
    public var fallback: (any RequestHandler)?

    public init(_ routes: [Route] = [], fallback: (any RequestHandler)? = nil) {
        self.fallback = fallback
        for route in routes { add(route) }
    }

    /// Two routes of the same method and shape are a mistake of the caller.
    public mutating func add(_ route: Route) {
        tree.insert(route)
    }

    public mutating func on(
        _ method: HTTPRequest.Method, _ template: String, bodyLimit: Int = 1 << 20, accepts: [String]? = nil,
        handler: @escaping Route.Handler
    ) {
        add(Route(method, template, bodyLimit: bodyLimit, accepts: accepts, handler: handler))
    }

    public func bodyLimit(for request: Request) -> Int {
        guard let match = tree.match(request.pathSegments) else { return fallback?.bodyLimit(for: request) ?? 1 << 16 }
        return match.routes.first { $0.method == request.method }?.bodyLimit ?? 1 << 16
    }

    public func handle(_ request: Request, _ responder: Responder) {
        guard Self.methods.contains(request.method) else {
            responder.respond(.problem(.notImplemented, "the method \(request.method) is not known here"))
            return
        }
        guard let match = tree.match(request.pathSegments) else {
            if let fallback { return fallback.handle(request, responder) }
            responder.respond(.problem(.notFound, "nothing is at \(request.path)"))
            return
        }
        let route =
            match.routes.first { $0.method == request.method }
            ?? (request.method == .head ? match.routes.first { $0.method == .get } : nil)
        guard let route else {
            let allow: HTTPFields = [.allow: Self.allow(match.routes)]
            if request.method == .options {
                responder.respond(Response(status: .noContent, headers: allow))
            } else {
                responder.respond(.problem(.methodNotAllowed, "\(request.method) is not for this", headers: allow))
            }
            return
        }
        if let refusal = route.refusal(of: request) {
            responder.respond(refusal)
            return
        }
        var request = request
        request.parameters = PathParameters()
        var values = match.parameters.makeIterator()
        for segment in route.template.segments {
            switch segment {
            case .literal: continue
            case .parameter(let name), .rest(let name):
                if let value = values.next() { request.parameters.append(name: name, value: value) }
            }
        }
        route.handler(request, responder)
    }

    /// The methods of a path, HEAD and OPTIONS included, in a fixed order.
    private static func allow(_ routes: [Route]) -> String {
        var allowed = Set(routes.map { $0.method })
        if allowed.contains(.get) { allowed.insert(.head) }
        allowed.insert(.options)
        return methods.filter { allowed.contains($0) }.map { $0.rawValue }.joined(separator: ", ")
    }
}
