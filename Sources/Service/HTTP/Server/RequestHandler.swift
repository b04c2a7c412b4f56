import HTTPTypes

/// What a server does with requests.
public protocol RequestHandler: Sendable {
    /// Called on the event loop: must not block. Answers through `responder`, at once or later from any thread.
    func handle(_ request: Request, _ responder: Responder)

    /// The largest body, in bytes, that is taken for this request, whose body has not been read. Called on the event
    /// loop: must not block. Beyond it the answer is 413.
    func bodyLimit(for request: Request) -> Int
}

extension RequestHandler {
    public func bodyLimit(for request: Request) -> Int { 1 << 20 }
}

/// A handler made of a closure.
public struct ClosureHandler: RequestHandler {
    private let body: @Sendable (Request, Responder) -> Void
    private let limit: @Sendable (Request) -> Int

    public init(
        bodyLimit: @escaping @Sendable (Request) -> Int = { _ in 1 << 20 },
        _ body: @escaping @Sendable (Request, Responder) -> Void
    ) {
        self.body = body
        limit = bodyLimit
    }

    public func handle(_ request: Request, _ responder: Responder) { body(request, responder) }
    public func bodyLimit(for request: Request) -> Int { limit(request) }
}
