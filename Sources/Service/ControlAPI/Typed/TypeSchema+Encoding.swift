extension TypeSchema {
    /// The bytes of a value that a request gives; padding is zero.
    func encode(_ reader: JSONReader) throws(Problem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        try encode(reader, into: &bytes, at: 0)
        return bytes
    }

    func encode(_ reader: JSONReader, into bytes: inout [UInt8], at start: Int) throws(Problem) {
        switch shape {
        case .integer(let bits, let isSigned, let isBigEndian):
            if isBigEndian, size == 4, case .string(let text) = reader.value, let address = IPAddress.bytes(text),
                address.count == 4
            {
                bytes.replaceSubrange(start..<start + 4, with: address)
                return
            }
            let value = try reader.integer(in: BitField.range(bits: bits, isSigned: isSigned))
            put(value, into: &bytes, at: start)
            if isBigEndian { bytes[start..<start + size].reverse() }
        case .boolean:
            guard case .bool(let flag) = reader.value else {
                throw reader.refusal("expected true or false, got \(reader.value.description)")
            }
            bytes[start] = flag ? 1 : 0
        case .enumeration(let type):
            put(try Self.enumerator(reader, type, bits: size * 8), into: &bytes, at: start)
        case .float:
            let value = try Self.double(reader)
            let raw = size == 4 ? UInt64(Float(value).bitPattern) : value.bitPattern
            put(Int128(raw), into: &bytes, at: start)
        case .pointer:
            put(try reader.integer(in: 0...Int128(UInt64.max)), into: &bytes, at: start)
        case .mac: try Self.mac(reader, into: &bytes, at: start)
        case .ip: try ip(reader, into: &bytes, at: start)
        case .text: try text(reader, into: &bytes, at: start)
        case .array(let element, let count):
            let items = try reader.items()
            guard items.count == count else {
                throw reader.refusal("expected \(count) elements, got \(items.count)")
            }
            for (index, item) in items.enumerated() {
                try element.encode(item, into: &bytes, at: start + index * element.size)
            }
        case .composite(let composite):
            let members = try reader.members(known: composite.flattened.compactMap(\.name))
            try composite.encode(members, size: size, into: &bytes, at: start)
        case .bytes:
            let raw = try Self.hex(reader, size: size)
            bytes.replaceSubrange(start..<start + size, with: raw)
        }
    }

    /// Bytes of exactly that size, given as `0x...`.
    static func hex(_ reader: JSONReader, size: Int) throws(Problem) -> [UInt8] {
        guard let bytes = Hex.bytes(try reader.string()) else {
            throw reader.refusal("expected 0x and an even number of hexadecimal digits")
        }
        guard bytes.count == size else { throw reader.refusal("expected \(size) bytes, got \(bytes.count)") }
        return bytes
    }

    private func put(_ value: Int128, into bytes: inout [UInt8], at start: Int) {
        for index in 0..<size { bytes[start + index] = UInt8(truncatingIfNeeded: value >> Int128(8 * index)) }
    }

    static func enumerator(_ reader: JSONReader, _ type: Enumeration, bits: Int) throws(Problem) -> Int128 {
        if case .string(let name) = reader.value {
            if let value = type.value(of: name) { return value }
            if JSONReader.integer(name) == nil {
                let known = type.values.prefix(16).map(\.name).joined(separator: ", ")
                throw reader.refusal("\(name) is none of \(known)\(type.values.count > 16 ? ", ..." : "")")
            }
        }
        return try reader.integer(in: BitField.range(bits: bits, isSigned: type.isSigned))
    }

    private static func double(_ reader: JSONReader) throws(Problem) -> Double {
        switch reader.value {
        case .number(let value): return value
        case .whole(let value): return Double(value)
        case .string("NaN"): return .nan
        case .string("Infinity"): return .infinity
        case .string("-Infinity"): return -.infinity
        default: throw reader.refusal("expected a number, got \(reader.value.description)")
        }
    }

    private static func mac(_ reader: JSONReader, into bytes: inout [UInt8], at start: Int) throws(Problem) {
        if case .array = reader.value {
            try numbers(reader, count: 6, into: &bytes, at: start)
            return
        }
        guard let address = MACAddress.bytes(try reader.string()) else {
            throw reader.refusal("expected an address such as 02:00:00:00:00:01")
        }
        bytes.replaceSubrange(start..<start + 6, with: address)
    }

    private func ip(_ reader: JSONReader, into bytes: inout [UInt8], at start: Int) throws(Problem) {
        if size == 4, case .whole = reader.value {
            put(try reader.integer(in: 0...Int128(UInt32.max)), into: &bytes, at: start)
            bytes[start..<start + size].reverse()
            return
        }
        if case .array = reader.value {
            try Self.numbers(reader, count: size, into: &bytes, at: start)
            return
        }
        let text = try reader.string()
        guard let address = IPAddress.bytes(text), address.count == size else {
            throw reader.refusal("expected an address such as \(size == 4 ? "192.0.2.1" : "2001:db8::1"), got \(text)")
        }
        bytes.replaceSubrange(start..<start + size, with: address)
    }

    private func text(_ reader: JSONReader, into bytes: inout [UInt8], at start: Int) throws(Problem) {
        if case .array = reader.value {
            try Self.numbers(reader, count: size, into: &bytes, at: start)
            return
        }
        let text = Array(try reader.string().utf8)
        guard text.count <= size else { throw reader.refusal("text of \(text.count) bytes; \(size) is the most") }
        bytes.replaceSubrange(start..<start + text.count, with: text)
    }

    private static func numbers(
        _ reader: JSONReader, count: Int, into bytes: inout [UInt8], at start: Int
    ) throws(Problem) {
        let items = try reader.items()
        guard items.count == count else { throw reader.refusal("expected \(count) elements, got \(items.count)") }
        for (index, item) in items.enumerated() {
            bytes[start + index] = UInt8(truncatingIfNeeded: try item.integer(in: -128...255))
        }
    }
}
