import HTTPTypes

/// The request target in its forms of RFC 9112 section 3.2: `/path?query`, `http://host/path?query`, `*`.
struct RequestTarget: Sendable {
    var raw: String
    /// Of the absolute form.
    var scheme: String?
    var authority: Authority?
    var path = ""
    var segments: [String] = []
    var query: [Request.QueryItem] = []

    init(_ bytes: ArraySlice<UInt8>, method: HTTPRequest.Method) throws(RequestError) {
        raw = String(decoding: bytes, as: UTF8.self)
        if method == .connect { throw .notImplemented("CONNECT is for proxies") }
        if bytes.elementsEqual([UInt8(ascii: "*")]) {
            guard method == .options else { throw .malformed("the target * is for OPTIONS only") }
            path = "*"
            return
        }
        var rest = bytes
        if rest.first != UInt8(ascii: "/") { try takeAuthority(&rest) }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        try parsePath(rest[..<mark])
        if mark < rest.endIndex { try parseQuery(rest[(mark + 1)...]) }
    }

    private mutating func takeAuthority(_ rest: inout ArraySlice<UInt8>) throws(RequestError) {
        let separator = Array("://".utf8)
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")), rest[colon...].starts(with: separator) else {
            throw .malformed("the request target is neither a path nor a URI")
        }
        let name = String(decoding: rest[..<colon], as: UTF8.self).lowercased()
        guard name == "http" || name == "https" else { throw .malformed("the request target is not of http or https") }
        scheme = name
        rest = rest[(colon + 3)...]
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard let authority = Authority(rest[..<end]) else { throw .malformed("the request target has no valid host") }
        self.authority = authority
        rest = rest[end...]
    }

    private mutating func parsePath(_ bytes: ArraySlice<UInt8>) throws(RequestError) {
        for byte in bytes where !ByteSet.path.contains(byte) && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "%") {
            throw .malformed("a character in the path that must be percent-encoded")
        }
        path = bytes.isEmpty ? "/" : String(decoding: bytes, as: UTF8.self)
        if bytes.count <= 1 { return }
        for part in bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let segment = try PercentEncoding.decode(part)
            if segment == "." || segment == ".." { throw .malformed("a path segment that is . or ..") }
            segments.append(segment)
        }
    }

    private mutating func parseQuery(_ bytes: ArraySlice<UInt8>) throws(RequestError) {
        for byte in bytes where !ByteSet.query.contains(byte) && byte != UInt8(ascii: "%") {
            throw .malformed("a character in the query that must be percent-encoded")
        }
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try PercentEncoding.decode(part[..<equals], plusIsSpace: true)
            let value = try PercentEncoding.decode(part[equals...].dropFirst(), plusIsSpace: true)
            query.append(Request.QueryItem(name: name, value: value))
        }
    }
}
