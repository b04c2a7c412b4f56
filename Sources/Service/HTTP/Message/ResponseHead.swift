import HTTPTypes

/// Status line and header section of an answer, RFC 9112 section 4.
struct ResponseHead {
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
        /// The body ends with the connection.
        case close
    }

    /// What the server alone decides.
    private static let reserved: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "trailer", "transfer-encoding", "upgrade",
    ]

    var status: HTTPResponse.Status
    var headers: HTTPFields
    var framing: Framing
    var closes: Bool
    /// The client would not expect a connection to stay open (HTTP/1.0).
    var announcesKeepAlive: Bool

    /// - Parameters:
    ///   - defaults: fields for where the answer has none of that name.
    ///   - date: the value of `Date`.
    func serialized(defaults: HTTPFields, date: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += "HTTP/1.1 \(status.code) ".utf8
        bytes += status.reasonPhrase.utf8
        bytes += "\r\nDate: ".utf8
        bytes += date.utf8
        for field in headers where !Self.reserved.contains(field.name.canonicalName) { Self.append(field, to: &bytes) }
        for field in defaults where !headers.contains(field.name) { Self.append(field, to: &bytes) }
        switch framing {
        case .none, .close: break
        case .length(let length): bytes += "\r\nContent-Length: \(length)".utf8
        case .chunked: bytes += "\r\nTransfer-Encoding: chunked".utf8
        }
        if closes {
            bytes += "\r\nConnection: close".utf8
        } else if announcesKeepAlive {
            bytes += "\r\nConnection: keep-alive".utf8
        }
        bytes += "\r\n\r\n".utf8
        return bytes
    }

    private static func append(_ field: HTTPField, to bytes: inout [UInt8]) {
        bytes.append(.cr)
        bytes.append(.lf)
        bytes += field.name.rawName.utf8
        bytes.append(UInt8(ascii: ":"))
        bytes.append(.space)
        field.withUnsafeBytesOfValue { bytes += $0 }
    }
}
