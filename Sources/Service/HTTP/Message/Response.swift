import Foundation
import HTTPTypes

/// What a handler answers. The server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection`, and
/// leaves the body out for HEAD, 204 and 304; what a handler sets of these is ignored.
public struct Response: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// Pulled as fast as the client reads: chunked for HTTP/1.1, ended by closing for HTTP/1.0.
        case stream(BodyStream)
    }

    public var status: HTTPResponse.Status
    public var headers: HTTPFields
    public var body: Body

    public init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(status: HTTPResponse.Status = .ok, contentType: String, bytes: [UInt8], headers: HTTPFields = [:]) {
        self.status = status
        self.headers = headers
        self.headers[.contentType] = contentType
        body = .bytes(bytes)
    }

    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", bytes: Array(text.utf8))
    }

    /// `json` is an encoded JSON document.
    public static func json(_ json: Data, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, contentType: "application/json", bytes: Array(json))
    }

    /// A problem document without members of its own (RFC 9457): `about:blank`, the status's phrase and `detail`.
    public static func problem(
        _ status: HTTPResponse.Status, _ detail: String? = nil, headers: HTTPFields = [:]
    ) -> Response {
        Response(
            status: status, contentType: "application/problem+json",
            bytes: Array(Problem(status: status, detail: detail).json.utf8), headers: headers)
    }
}
