/// A body of `multipart/form-data` (RFC 7578), whole in memory.
struct MultipartForm {
    struct Part {
        var name: String
        var bytes: ArraySlice<UInt8>
    }

    let parts: [Part]

    /// - Throws: `Problem` `malformed`.
    init(_ body: [UInt8], contentType: String) throws(Problem) {
        guard let boundary = Self.parameter("boundary", of: contentType), (1...70).contains(boundary.utf8.count) else {
            throw .malformed("multipart/form-data needs a boundary of 1 to 70 characters")
        }
        let opening = Array("--\(boundary)".utf8)
        let delimiter = [0x0d, 0x0a] + opening
        guard body.starts(with: opening) || Self.find(delimiter, in: body[...]) != nil else {
            throw .malformed("the multipart body does not hold its boundary")
        }
        var rest = body[...]
        if body.starts(with: opening) {
            rest = rest.dropFirst(opening.count)
        } else if let start = Self.find(delimiter, in: rest) {
            rest = rest[(start + delimiter.count)...]
        }
        var parts: [Part] = []
        while !rest.starts(with: Array("--".utf8)) {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard rest.starts(with: [0x0d, 0x0a]) else {
                throw .malformed("a multipart boundary ends in no line break")
            }
            // The line break may also be the one that ends an empty header section.
            guard let end = Self.find(delimiter, in: rest) else { throw .malformed("the last part is not ended") }
            parts.append(try Self.part(rest[rest.startIndex..<end]))
            rest = rest[(end + delimiter.count)...]
            guard parts.count <= 16 else { throw .malformed("more than 16 parts") }
        }
        self.parts = parts
    }

    /// The part of that name; nil where there is none.
    func part(_ name: String) throws(Problem) -> ArraySlice<UInt8>? {
        let found = parts.filter { $0.name == name }
        guard found.count <= 1 else { throw .malformed("two parts are called \(name)") }
        return found.first?.bytes
    }

    /// From the line break before the header fields to the end of the content.
    private static func part(_ bytes: ArraySlice<UInt8>) throws(Problem) -> Part {
        let separator: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        guard let end = find(separator, in: bytes) else { throw .malformed("a part has no end of its header fields") }
        let head = String(decoding: bytes[bytes.startIndex..<end], as: UTF8.self)
        for line in head.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":"),
                line[..<colon].lowercased() == "content-disposition"
            else { continue }
            let value = String(line[line.index(after: colon)...])
            guard let name = parameter("name", of: value) else { break }
            return Part(name: name, bytes: bytes[(end + separator.count)...])
        }
        throw .malformed("a part has no name")
    }

    /// The parameter of a field such as `form-data; name="object"`, whose names are in any case.
    static func parameter(_ name: String, of field: String) -> String? {
        var rest = field.drop { $0 != ";" }
        while let first = rest.first, first == ";" {
            rest = rest.dropFirst().drop(while: \.isWhitespace)
            guard let equals = rest.firstIndex(where: { $0 == "=" || $0 == ";" }) else { return nil }
            let key = rest[..<equals]
            if rest[equals] == ";" {
                rest = rest[equals...]
                continue
            }
            rest = rest[rest.index(after: equals)...]
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.first, character != "\"" {
                    rest = rest.dropFirst()
                    if character == "\\", let escaped = rest.first {
                        value.append(escaped)
                        rest = rest.dropFirst()
                    } else {
                        value.append(character)
                    }
                }
                guard rest.first == "\"" else { return nil }
                rest = rest.dropFirst().drop { $0 != ";" }
            } else {
                value = rest.prefix { $0 != ";" }.filter { !$0.isWhitespace }
                rest = rest.drop { $0 != ";" }
            }
            if key.lowercased() == name { return value }
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= pattern.count, let first = pattern.first else { return nil }
        var index = bytes.startIndex
        let last = bytes.endIndex - pattern.count
        while index <= last {
            if bytes[index] == first && bytes[index..<index + pattern.count].elementsEqual(pattern) { return index }
            index += 1
        }
        return nil
    }
}
