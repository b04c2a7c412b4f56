/// Percent-encoding, RFC 3986 section 2.1.
enum PercentEncoding {
    /// Decodes what must then be UTF-8 without NUL.
    static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) throws(RequestError) -> String {
        if !bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%") {
                guard index + 1 < bytes.endIndex, let high = bytes[index].hexValue, let low = bytes[index + 1].hexValue
                else { throw .malformed("a % that no two hex digits follow") }
                decoded.append(high << 4 | low)
                index += 2
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? .space : byte)
            }
        }
        if decoded.contains(0) { throw .malformed("%00 in the request target") }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw .malformed("the request target is not UTF-8 after percent-decoding")
        }
        return text
    }
}
