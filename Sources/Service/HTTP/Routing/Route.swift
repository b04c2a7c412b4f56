import HTTPTypes

/// What one method does at one path template.
public struct Route: Sendable {
    public typealias Handler = @Sendable (Request, Responder) -> Void

    public var method: HTTPRequest.Method
    public var template: PathTemplate
    /// In bytes; beyond it the answer is 413.
    public var bodyLimit: Int
    /// Media types of bodies that the route takes, `*/*` style wildcards not included; nil takes any. A body of
    /// another type, or with a `Content-Encoding`, is answered with 415.
    public var accepts: [String]?
    public var handler: Handler

    public init(
        _ method: HTTPRequest.Method, _ template: String, bodyLimit: Int = 1 << 20, accepts: [String]? = nil,
        handler: @escaping Handler
    ) {
        self.method = method
        self.template = PathTemplate(template)
        self.bodyLimit = bodyLimit
        self.accepts = accepts
        self.handler = handler
    }

    /// The refusal of a body that the route doesn't take; nil where it does.
    func refusal(of request: Request) -> Response? {
        guard let accepts, !request.body.isEmpty else { return nil }
        let codings = request.headers.list(.contentEncoding).filter { $0.lowercased() != "identity" }
        if !codings.isEmpty {
            return .problem(
                .unsupportedMediaType, "content codings are not taken here", headers: [.acceptEncoding: "identity"])
        }
        if let type = request.contentType, accepts.contains(type) { return nil }
        return .problem(
            .unsupportedMediaType, "the body must be \(accepts.joined(separator: " or "))",
            headers: [.accept: accepts.joined(separator: ", ")])
    }
}
