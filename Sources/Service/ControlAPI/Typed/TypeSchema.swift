/// A C type as the API shows it: how its bytes read as JSON, and JSON as its bytes.
///
/// Made of an object's BTF, whose checks let a walk rely on members lying within their structure. Little endian.
struct TypeSchema: Sendable {
    /// As in the source: `__u32`, `struct flow_key`; nil for anonymous types.
    var name: String?
    /// Bytes.
    var size: Int
    var shape: Shape

    indirect enum Shape: Sendable {
        /// `isBigEndian`: the bytes are in network order (`__be16`), the number is not.
        case integer(bits: Int, isSigned: Bool, isBigEndian: Bool)
        case boolean
        case enumeration(Enumeration)
        case float
        case pointer
        /// Six bytes, `02:00:00:00:00:01`.
        case mac
        /// 4 or 16 bytes in network order, `192.0.2.1`, `2001:db8::1`.
        case ip
        /// A `char` array.
        case text
        case array(element: TypeSchema, count: Int)
        case composite(Composite)
        /// What has no other form: `0x` and the bytes.
        case bytes
    }

    struct Enumeration: Sendable {
        var isSigned: Bool
        var values: [(name: String, value: Int128)]

        func name(of value: Int128) -> String? { values.first { $0.value == value }?.name }
        func value(of name: String) -> Int128? { values.first { $0.name == name }?.value }
    }

    struct Composite: Sendable {
        var isUnion: Bool
        var members: [Member]
    }

    struct Member: Sendable {
        /// Nil for an anonymous structure or union, whose members stand on the level of this one in JSON.
        var name: String?
        /// From the start of the structure.
        var bitOffset: Int
        /// Width of a bit field; nil where the member is none.
        var bits: Int?
        var type: TypeSchema
    }

    /// A run of bytes without a type.
    static func bytes(_ size: Int) -> TypeSchema { TypeSchema(name: nil, size: size, shape: .bytes) }

    /// Whether numbers of this width are strings in JSON.
    static func isWide(bits: Int) -> Bool { bits > 53 }
}

/// Types of a map's keys and values.
struct MapSchema: Sendable {
    var key: TypeSchema
    var value: TypeSchema

    var json: JSON { ["key": key.json, "value": value.json] }
}
