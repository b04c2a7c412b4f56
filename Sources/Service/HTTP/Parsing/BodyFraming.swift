import HTTPTypes

/// How long a request's body is, RFC 9112 section 6. Whatever two implementations could read in two ways is refused:
/// that is how requests are smuggled.
enum BodyFraming: Equatable, Sendable {
    case none
    case length(Int)
    case chunked

    init(_ fields: HTTPFields, version: HTTPVersion) throws(RequestError) {
        let lengths = fields[values: .contentLength]
        let hasCoding = fields.contains(.transferEncoding)
        if hasCoding {
            if !lengths.isEmpty { throw .malformed("both Content-Length and Transfer-Encoding") }
            if version == .http10 { throw .malformed("Transfer-Encoding in HTTP/1.0") }
            try Self.checkCodings(fields.list(.transferEncoding))
            self = .chunked
            return
        }
        guard let text = lengths.first else {
            self = .none
            return
        }
        if lengths.count > 1 { throw .malformed("more than one Content-Length") }
        guard !text.isEmpty, text.utf8.allSatisfy({ ByteSet.digits.contains($0) }) else {
            throw .malformed("Content-Length is not a number")
        }
        // A number beyond Int is certainly beyond the limit; one that fits is compared with it.
        let length = Int(text) ?? .max
        self = length == 0 ? .none : .length(length)
    }

    private static func checkCodings(_ codings: [String]) throws(RequestError) {
        guard let last = codings.last else { throw .malformed("an empty Transfer-Encoding") }
        for coding in codings where coding.lowercased() != "chunked" {
            let name = coding.prefix { $0 != ";" }.trimmingOWS().lowercased()
            if name == "chunked" { throw .malformed("chunked takes no parameters") }
            guard name.utf8.allSatisfy({ ByteSet.token.contains($0) }) && !name.isEmpty else {
                throw .malformed("a transfer coding that is not a token")
            }
        }
        if codings.count == 1 && last.lowercased() == "chunked" { return }
        if codings.contains(where: { $0.lowercased() != "chunked" })
            && !codings.dropLast().contains(where: {
                $0.lowercased() == "chunked"
            })
        {
            throw .notImplemented("the only transfer coding that is known is chunked")
        }
        throw .malformed("chunked is not the last transfer coding, or not the only one")
    }
}
