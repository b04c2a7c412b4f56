import HTTPTypes

/// One request, complete with its body, as a handler sees it.
public struct Request: Sendable {
    /// A name and its value, both percent-decoded, as in `?limit=10`.
    public struct QueryItem: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public var method: HTTPRequest.Method
    public var version: HTTPVersion
    /// The request target as it was sent, `/v1/maps/a%2Fb?limit=10`.
    public var rawTarget: String
    /// The path as it was sent, percent-encoded and without the query. `*` for `OPTIONS *`.
    public var path: String
    /// What stands between the slashes of `path`, percent-decoded: `["v1", "maps", "a/b"]`. Never `.` or `..`;
    /// empty where two slashes meet or the path ends in one. `[]` for `/` and `*`.
    public var pathSegments: [String]
    /// In the order of the request; `+` reads as a space.
    public var query: [QueryItem]
    public var headers: HTTPFields
    public var body: [UInt8]
    public var connection: ConnectionInfo
    /// What `Router` found for the parameters of the route's template.
    public var parameters = PathParameters()

    /// A request that no client sent: for tests, and for handlers that ask each other.
    public init(
        method: HTTPRequest.Method, target: String, headers: HTTPFields = [:], body: [UInt8] = [],
        connection: ConnectionInfo = .internal
    ) throws(RequestError) {
        let parsed = try RequestTarget(Array(target.utf8)[...], method: method)
        self.init(method: method, version: .http11, target: parsed, headers: headers, connection: connection)
        self.body = body
    }

    init(
        method: HTTPRequest.Method, version: HTTPVersion, target: RequestTarget, headers: HTTPFields,
        connection: ConnectionInfo
    ) {
        self.method = method
        self.version = version
        rawTarget = target.raw
        path = target.path
        pathSegments = target.segments
        query = target.query
        self.headers = headers
        body = []
        self.connection = connection
    }

    /// The value of the first query item of that name, nil where there is none.
    public func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// The media type of `Content-Type` without its parameters, lower case.
    public var contentType: String? {
        guard let value = headers[.contentType] else { return nil }
        let end = value.firstIndex(of: ";") ?? value.endIndex
        return value[..<end].trimmingOWS().lowercased()
    }
}

/// Versions that the server speaks; a higher minor version of HTTP/1 counts as 1.1 (RFC 9110 section 2.5).
public enum HTTPVersion: Sendable, Equatable {
    case http10
    case http11
}

/// Who is at the other end.
public struct ConnectionInfo: Sendable, Equatable {
    public enum Peer: Sendable, Equatable {
        /// Numeric address and port of a TCP client.
        case tcp(address: String, port: Int)
        /// A client of the unix socket, as SO_PEERCRED tells.
        case unix(pid: Int32, uid: UInt32, gid: UInt32)
        /// No client: the process itself.
        case `internal`
    }

    public var peer: Peer
    public var isTLS: Bool

    public init(peer: Peer, isTLS: Bool) {
        self.peer = peer
        self.isTLS = isTLS
    }

    public static let `internal` = ConnectionInfo(peer: .internal, isTLS: false)
}
