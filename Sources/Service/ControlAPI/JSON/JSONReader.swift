/// Reads a request body: a value and where it stands, so that what is refused is refused with its place.
struct JSONReader {
    let value: JSON
    let pointer: JSONPointer

    init(_ value: JSON, at pointer: JSONPointer = JSONPointer()) {
        self.value = value
        self.pointer = pointer
    }

    func refusal(_ detail: String) -> Problem { .invalid(at: pointer, detail) }

    private func mismatch(_ expected: String) -> Problem {
        refusal("expected \(expected), got \(value.description)")
    }

    /// The members of an object that may have no others than `known`.
    func members(known: [String]) throws(Problem) -> Members {
        guard case .object(let members) = value else { throw mismatch("an object") }
        if let unknown = members.first(where: { !known.contains($0.name) }) {
            throw .invalid(
                at: pointer / unknown.name,
                "unknown member \(unknown.name); known are \(known.joined(separator: ", "))")
        }
        return Members(members: members, pointer: pointer)
    }

    /// The members of an object of free names.
    func entries() throws(Problem) -> [(name: String, value: JSONReader)] {
        guard case .object(let members) = value else { throw mismatch("an object") }
        return members.map { ($0.name, JSONReader($0.value, at: pointer / $0.name)) }
    }

    func items() throws(Problem) -> [JSONReader] {
        guard case .array(let items) = value else { throw mismatch("an array") }
        return items.enumerated().map { JSONReader($1, at: pointer / $0) }
    }

    func string() throws(Problem) -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        return text
    }

    func bool() throws(Problem) -> Bool {
        guard case .bool(let value) = value else { throw mismatch("true or false") }
        return value
    }

    /// One of the values of an enumeration.
    func choice<T: RawRepresentable & CaseIterable>(_: T.Type = T.self) throws(Problem) -> T
    where T.RawValue == String {
        let text = try string()
        guard let value = T(rawValue: text) else {
            let known = T.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw refusal("\(text) is none of \(known)")
        }
        return value
    }

    /// A number, or a string of decimal or `0x` digits.
    func integer(in range: ClosedRange<Int128>) throws(Problem) -> Int128 {
        let number: Int128
        switch value {
        case .whole(let exact): number = exact
        case .string(let text):
            guard let parsed = Self.integer(text) else { throw refusal("\(text) is not a whole number") }
            number = parsed
        case .number: throw refusal("expected a whole number of at most 64 bits")
        default: throw mismatch("a number")
        }
        guard range.contains(number) else {
            throw refusal("\(number) is not in \(range.lowerBound)...\(range.upperBound)")
        }
        return number
    }

    static func integer(_ text: String) -> Int128? {
        var digits = text[...]
        let isNegative = digits.first == "-"
        if isNegative { digits = digits.dropFirst() }
        guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        let magnitude: Int128?
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
            let hex = digits.dropFirst(2)
            guard let first = hex.utf8.first, Hex.value(first) != nil else { return nil }
            magnitude = Int128(hex, radix: 16)
        } else {
            magnitude = Int128(digits)
        }
        return magnitude.map { isNegative ? -$0 : $0 }
    }

    /// Members of an object, by name.
    struct Members {
        let members: [JSON.Member]
        let pointer: JSONPointer

        subscript(name: String) -> JSONReader? {
            members.first { $0.name == name }.map { JSONReader($0.value, at: pointer / name) }
        }

        func required(_ name: String) throws(Problem) -> JSONReader {
            guard let reader = self[name] else { throw .invalid(at: pointer, "member \(name) is missing") }
            return reader
        }
    }
}
