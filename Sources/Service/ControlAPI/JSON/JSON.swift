/// A JSON value. Integers are exact over all of 64 bits, signed and unsigned, and members keep their order.
enum JSON: Sendable {
    case null
    case bool(Bool)
    case whole(Int128)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])
    /// JSON text, written as it is.
    case raw([UInt8])

    struct Member: Sendable {
        var name: String
        var value: JSON
    }

    /// A counter: a string, as it may pass 2^53.
    static func count(_ value: UInt64) -> JSON { .string(String(value)) }

    static func integer(_ value: some BinaryInteger) -> JSON { .whole(Int128(value)) }

    /// As an error message names it: `a number`.
    var description: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .whole, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        case .raw: "JSON"
        }
    }

    /// The member of that name, of an object.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// Adds a member to an object, or sets it.
    mutating func set(_ name: String, _ value: JSON) {
        guard case .object(var members) = self else { return }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(Member(name: name, value: value))
        }
        self = .object(members)
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member(name: $0.0, value: $0.1) })
    }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .whole(Int128(value)) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .null }
}
