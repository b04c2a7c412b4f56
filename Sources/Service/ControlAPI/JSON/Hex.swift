/// Bytes as hexadecimal digits, in memory order.
enum Hex {
    static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: some Collection<UInt8>) -> String {
        var text = Array("0x".utf8)
        text.reserveCapacity(2 + 2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of `0x0a00`; nil for anything else, an empty string of digits included.
    static func bytes(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { bytes(utf8: $0[...]) }
    }

    static func bytes(utf8 text: UnsafeBufferPointer<UInt8>.SubSequence) -> [UInt8]? {
        guard text.count >= 4, text.count % 2 == 0, text.first == UInt8(ascii: "0"),
            text[text.startIndex + 1] | 0x20 == UInt8(ascii: "x")
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        var index = text.startIndex + 2
        while index < text.endIndex {
            guard let high = value(text[index]), let low = value(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    @inline(__always)
    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
