/// Bytes written as hex digits, as people and tools write them.
enum Hex {
    /// The bytes that `text` spells: pairs of digits, with white space, colons and `0x` between them as you like.
    ///
    /// nil where anything else stands there, or a digit is left over.
    static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == ":" || $0 == "," }) {
            let digits = word.hasPrefix("0x") || word.hasPrefix("0X") ? word.dropFirst(2) : word[...]
            let values = digits.compactMap(\.hexDigitValue)
            guard values.count == digits.count, values.count.isMultiple(of: 2) else { return nil }
            for pair in stride(from: 0, to: values.count, by: 2) {
                bytes.append(UInt8(values[pair] << 4 | values[pair + 1]))
            }
        }
        return bytes
    }

    /// Lower-case digits without a prefix, two a byte.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        return text
    }
}
