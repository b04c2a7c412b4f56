extension TypeSchema {
    /// The schema itself, as `TypeSchema` of openapi.yaml.
    var json: JSON {
        var json: JSON = ["kind": .string(kind), "size": .integer(size)]
        if let name { json.set("name", .string(name)) }
        switch shape {
        case .integer(let bits, let isSigned, let isBigEndian):
            json.set("bits", .integer(bits))
            json.set("signed", .bool(isSigned))
            if isBigEndian { json.set("byteOrder", "big") }
        case .enumeration(let enumeration):
            json.set("bits", .integer(size * 8))
            json.set("signed", .bool(enumeration.isSigned))
            json.set(
                "values",
                .array(enumeration.values.map { ["name": .string($0.name), "value": .string(String($0.value))] }))
        case .array(let element, let count):
            json.set("count", .integer(count))
            json.set("element", element.json)
        case .composite(let composite):
            json.set("members", .array(composite.flattened.map(\.json)))
        case .boolean, .float, .pointer, .mac, .ip, .text, .bytes: break
        }
        return json
    }

    private var kind: String {
        switch shape {
        case .integer: "int"
        case .boolean: "bool"
        case .enumeration: "enum"
        case .float: "float"
        case .pointer: "pointer"
        case .mac: "mac"
        case .ip: "ip"
        case .text: "text"
        case .array: "array"
        case .composite(let composite): composite.isUnion ? "union" : "struct"
        case .bytes: "bytes"
        }
    }
}

extension TypeSchema.Composite {
    /// Named members, those of anonymous members included, with offsets from the start of this one.
    var flattened: [TypeSchema.Member] {
        members.flatMap { member -> [TypeSchema.Member] in
            guard member.name == nil else { return [member] }
            guard case .composite(let inner) = member.type.shape else { return [] }
            return inner.flattened.map { nested in
                var nested = nested
                nested.bitOffset += member.bitOffset
                return nested
            }
        }
    }
}

extension TypeSchema.Member {
    fileprivate var json: JSON {
        var json: JSON = ["name": .string(name ?? ""), "bitOffset": .integer(bitOffset), "type": type.json]
        if let bits { json.set("bits", .integer(bits)) }
        return json
    }
}
