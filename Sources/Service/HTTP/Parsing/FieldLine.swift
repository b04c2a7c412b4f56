import HTTPTypes

/// `name: value`, RFC 9112 section 5. The scanner has refused controls.
enum FieldLine {
    static func parse(_ line: ArraySlice<UInt8>) throws(RequestError) -> HTTPField {
        guard let first = line.first else { throw .malformed("an empty field line") }
        if first.isOWS { throw .malformed("a field line that begins with whitespace (obs-fold)") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw .malformed("a field line without a colon")
        }
        let rawName = line[..<colon]
        if let last = rawName.last, last.isOWS { throw .malformed("whitespace between a field name and its colon") }
        guard let name = HTTPField.Name(String(decoding: rawName, as: UTF8.self)) else {
            throw .malformed("a field name that is not a token")
        }
        return HTTPField(name: name, value: line[(colon + 1)...].trimmingOWS())
    }
}

extension HTTPFields {
    /// The elements of a comma-separated list over all fields of that name, without whitespace and empty elements
    /// (RFC 9110 section 5.6.1). Not for lists whose elements may hold quoted strings.
    func list(_ name: HTTPField.Name) -> [String] {
        self[values: name].flatMap { $0.split(separator: ",") }.map { $0.trimmingOWS() }.filter { !$0.isEmpty }
    }
}
