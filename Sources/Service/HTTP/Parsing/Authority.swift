/// Host and port, as in `Host`, an absolute request target, and `Origin`. Lower case.
struct Authority: Equatable, Sendable {
    /// With brackets where it is an IPv6 address.
    var host: String
    var port: Int?

    /// RFC 3986 section 3.2 without user information. Nil where the bytes are none, or hold none.
    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            guard let close = rest.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let address = rest[(rest.startIndex + 1)..<close]
            guard !address.isEmpty, address.allSatisfy({ ByteSet.hostAddress.contains($0) }) else { return nil }
            host = String(decoding: rest[...close], as: UTF8.self).lowercased()
            rest = rest[(close + 1)...]
        } else {
            let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            let name = rest[..<colon]
            guard !name.isEmpty, name.allSatisfy({ ByteSet.hostName.contains($0) }) else { return nil }
            host = String(decoding: name, as: UTF8.self).lowercased()
            rest = rest[colon...]
        }
        guard rest.first == UInt8(ascii: ":") else {
            guard rest.isEmpty else { return nil }
            return
        }
        let digits = rest.dropFirst()
        if digits.isEmpty { return }
        guard digits.count <= 5, digits.allSatisfy({ ByteSet.digits.contains($0) }) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard value <= 65535 else { return nil }
        port = value
    }

    func port(default isTLS: Bool) -> Int {
        port ?? (isTLS ? 443 : 80)
    }
}
