extension TypeSchema {
    /// Writes the JSON of a value. `bytes` is `size` bytes.
    func write(_ bytes: UnsafeRawBufferPointer, to text: inout JSONText) {
        switch shape {
        case .integer(let bits, let isSigned, let isBigEndian):
            if isBigEndian {
                Self.integer(Self.swapped(bytes, isSigned), bits: bits, to: &text)
            } else {
                Self.integer(
                    BitField.read(bytes, bitOffset: 0, bits: bits, isSigned: isSigned), bits: bits, to: &text)
            }
        case .boolean:
            if bytes.contains(where: { $0 != 0 }) { text.raw("true") } else { text.raw("false") }
        case .enumeration(let type):
            let value = BitField.read(bytes, bitOffset: 0, bits: size * 8, isSigned: type.isSigned)
            Self.enumerator(value, type, bits: size * 8, to: &text)
        case .float:
            if size == 4 {
                text.number(Double(bytes.loadUnaligned(as: Float.self)))
            } else {
                text.number(bytes.loadUnaligned(as: Double.self))
            }
        case .pointer:
            text.string("0x" + String(bytes.loadUnaligned(as: UInt64.self), radix: 16))
        case .mac: Self.mac(bytes, to: &text)
        case .ip: text.string(IPAddress.text(bytes))
        case .text: Self.text(bytes, to: &text)
        case .array(let element, let count):
            text.byte(UInt8(ascii: "["))
            for index in 0..<count {
                if index > 0 { text.byte(UInt8(ascii: ",")) }
                let start = index * element.size
                element.write(UnsafeRawBufferPointer(rebasing: bytes[start..<start + element.size]), to: &text)
            }
            text.byte(UInt8(ascii: "]"))
        case .composite(let composite):
            text.byte(UInt8(ascii: "{"))
            var isFirst = true
            composite.writeMembers(bytes, &isFirst, to: &text)
            text.byte(UInt8(ascii: "}"))
        case .bytes: text.hex(bytes)
        }
    }

    func write(_ bytes: [UInt8], to text: inout JSONText) {
        bytes.withUnsafeBytes { write($0, to: &text) }
    }

    static func integer(_ value: Int128, bits: Int, to text: inout JSONText) {
        if isWide(bits: bits) {
            text.byte(UInt8(ascii: "\""))
            if let short = UInt64(exactly: value) { text.integer(short) } else { text.integer(value) }
            text.byte(UInt8(ascii: "\""))
        } else {
            text.integer(Int64(truncatingIfNeeded: value))
        }
    }

    fileprivate static func enumerator(_ value: Int128, _ type: Enumeration, bits: Int, to text: inout JSONText) {
        if let name = type.name(of: value) {
            text.string(name)
        } else {
            integer(value, bits: bits, to: &text)
        }
    }

    /// The number that big-endian bytes stand for.
    static func swapped(_ bytes: UnsafeRawBufferPointer, _ isSigned: Bool) -> Int128 {
        let reversed = Array(bytes.reversed())
        return reversed.withUnsafeBytes {
            BitField.read($0, bitOffset: 0, bits: reversed.count * 8, isSigned: isSigned)
        }
    }

    private static func mac(_ bytes: UnsafeRawBufferPointer, to text: inout JSONText) {
        text.byte(UInt8(ascii: "\""))
        for index in 0..<6 {
            if index > 0 { text.byte(UInt8(ascii: ":")) }
            text.byte(Hex.digits[Int(bytes[index] >> 4)])
            text.byte(Hex.digits[Int(bytes[index] & 15)])
        }
        text.byte(UInt8(ascii: "\""))
    }

    /// Text if it reads back as the same bytes, else numbers.
    private static func text(_ bytes: UnsafeRawBufferPointer, to text: inout JSONText) {
        let end = bytes.firstIndex(of: 0) ?? bytes.count
        let isPadded = bytes[end...].allSatisfy { $0 == 0 }
        if isPadded, let string = String(validating: bytes[..<end], as: UTF8.self) {
            text.string(string)
            return
        }
        text.byte(UInt8(ascii: "["))
        for (index, byte) in bytes.enumerated() {
            if index > 0 { text.byte(UInt8(ascii: ",")) }
            text.integer(byte)
        }
        text.byte(UInt8(ascii: "]"))
    }
}

extension TypeSchema.Composite {
    fileprivate func writeMembers(
        _ bytes: UnsafeRawBufferPointer, _ isFirst: inout Bool, to text: inout JSONText
    ) {
        for member in members {
            if let name = member.name {
                if !isFirst { text.byte(UInt8(ascii: ",")) }
                isFirst = false
                text.string(name)
                text.byte(UInt8(ascii: ":"))
                member.write(bytes, to: &text)
            } else if case .composite(let inner) = member.type.shape {
                inner.writeMembers(member.slice(of: bytes), &isFirst, to: &text)
            }
        }
    }
}

extension TypeSchema.Member {
    /// The bytes of a member that is no bit field.
    func slice(of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = bitOffset / 8
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + type.size])
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer, to text: inout JSONText) {
        guard let bits else { return type.write(slice(of: bytes), to: &text) }
        switch type.shape {
        case .boolean:
            let value = BitField.read(bytes, bitOffset: bitOffset, bits: bits, isSigned: false)
            if value != 0 { text.raw("true") } else { text.raw("false") }
        case .enumeration(let enumeration):
            let value = BitField.read(bytes, bitOffset: bitOffset, bits: bits, isSigned: enumeration.isSigned)
            TypeSchema.enumerator(value, enumeration, bits: bits, to: &text)
        case .integer(_, let isSigned, _):
            let value = BitField.read(bytes, bitOffset: bitOffset, bits: bits, isSigned: isSigned)
            TypeSchema.integer(value, bits: bits, to: &text)
        default:
            let value = BitField.read(bytes, bitOffset: bitOffset, bits: bits, isSigned: false)
            TypeSchema.integer(value, bits: bits, to: &text)
        }
    }
}
