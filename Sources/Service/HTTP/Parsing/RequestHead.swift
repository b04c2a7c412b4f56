import HTTPTypes

/// Request line and header fields, checked as RFC 9112 wants it: what follows them on the connection is certain.
struct RequestHead: Sendable {
    var method: HTTPRequest.Method
    var version: HTTPVersion
    var target: RequestTarget
    var fields = HTTPFields()
    var framing = BodyFraming.none
    var host: Authority?
    /// The client lets the connection be used again.
    var keepsAlive = true
    var expectsContinue = false

    /// - Parameters:
    ///   - section: the header section; its first byte is what `lines` count from.
    init(_ section: ArraySlice<UInt8>, lines: [Range<Int>], targetLimit: Int) throws(RequestError) {
        let base = section.startIndex
        guard let first = lines.first else { throw .malformed("no request line") }
        let requestLine = section[base + first.lowerBound..<base + first.upperBound]
        (method, version, target) = try Self.parseRequestLine(requestLine, targetLimit: targetLimit)
        fields.reserveCapacity(lines.count)
        for line in lines.dropFirst() {
            fields.append(try FieldLine.parse(section[base + line.lowerBound..<base + line.upperBound]))
        }
        framing = try BodyFraming(fields, version: version)
        try readHost()
        try readConnection()
    }

    private static func parseRequestLine(
        _ line: ArraySlice<UInt8>, targetLimit: Int
    ) throws(RequestError) -> (HTTPRequest.Method, HTTPVersion, RequestTarget) {
        let parts = line.split(separator: .space, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("the request line is not method, target and version") }
        guard parts[0].count <= 32 else { throw .notImplemented("no method has a name of over 32 characters") }
        guard let method = HTTPRequest.Method(String(decoding: parts[0], as: UTF8.self)) else {
            throw .malformed("the method is not a token")
        }
        let version = try parseVersion(parts[2])
        guard parts[1].count <= targetLimit else { throw .targetTooLong(limit: targetLimit) }
        return (method, version, try RequestTarget(parts[1], method: method))
    }

    private static func parseVersion(_ bytes: ArraySlice<UInt8>) throws(RequestError) -> HTTPVersion {
        let base = bytes.startIndex
        guard bytes.count == 8, bytes.starts(with: "HTTP/".utf8), ByteSet.digits.contains(bytes[base + 5]),
            bytes[base + 6] == UInt8(ascii: "."), ByteSet.digits.contains(bytes[base + 7])
        else { throw .malformed("the version is not of the form HTTP/1.1") }
        guard bytes[base + 5] == UInt8(ascii: "1") else { throw .versionNotSupported }
        return bytes[base + 7] == UInt8(ascii: "0") ? .http10 : .http11
    }

    /// RFC 9112 section 3.2: exactly one Host in HTTP/1.1; the authority of an absolute target overrides it.
    private mutating func readHost() throws(RequestError) {
        let values = fields[values: .host]
        guard values.count <= 1 else { throw .malformed("more than one Host") }
        if let value = values.first {
            guard let authority = Authority(Array(value.utf8)[...]) else { throw .malformed("Host is not a host") }
            host = authority
        } else if version == .http11 {
            throw .malformed("no Host")
        }
        host = target.authority ?? host
    }

    private mutating func readConnection() throws(RequestError) {
        var closes = false
        var keeps = false
        for option in fields.list(.connection) {
            switch option.lowercased() {
            case "close": closes = true
            case "keep-alive": keeps = true
            default: break
            }
        }
        keepsAlive = !closes && (version == .http11 || keeps)
        let expectations = fields[values: .expect]
        if expectations.isEmpty || version == .http10 { return }
        guard expectations.count == 1, expectations[0].lowercased() == "100-continue" else { throw .expectationNotMet }
        expectsContinue = true
    }
}

extension HTTPField.Name {
    static let host = HTTPField.Name("Host")!
}
