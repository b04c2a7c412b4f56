import HTTPTypes

/// Why the server refuses a request before a handler sees it.
public enum RequestError: Error, Equatable, Sendable {
    case malformed(String)
    case targetTooLong(limit: Int)
    case headerSectionTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case bodyTooLarge(limit: Int)
    case versionNotSupported
    case notImplemented(String)
    case expectationNotMet
    case misdirected(String)
    case crossOrigin(String)
    case timedOut(String)
    case overloaded(String)

    public var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .targetTooLong: .uriTooLong
        case .headerSectionTooLarge, .tooManyFields: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .versionNotSupported: .httpVersionNotSupported
        case .notImplemented: .notImplemented
        case .expectationNotMet: .expectationFailed
        case .misdirected: .misdirectedRequest
        case .crossOrigin: .forbidden
        case .timedOut: .requestTimeout
        case .overloaded: .serviceUnavailable
        }
    }

    public var detail: String {
        switch self {
        case .malformed(let what), .notImplemented(let what), .misdirected(let what), .crossOrigin(let what),
            .timedOut(let what), .overloaded(let what):
            what
        case .targetTooLong(let limit): "the request target is longer than \(limit) bytes"
        case .headerSectionTooLarge(let limit): "the header section is larger than \(limit) bytes"
        case .tooManyFields(let limit): "there are more than \(limit) header fields"
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
        case .versionNotSupported: "only versions 1.0 and 1.1 of HTTP are spoken here"
        case .expectationNotMet: "the only expectation that is met is 100-continue"
        }
    }

    var response: Response {
        var headers = HTTPFields()
        if case .overloaded = self { headers[.retryAfter] = "1" }
        return .problem(status, detail, headers: headers)
    }
}
