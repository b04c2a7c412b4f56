import Foundation

/// Addresses of IPv4 and IPv6 as text. Bytes are in network order: 4 or 16.
enum IPAddress {
    /// `192.0.2.1`; IPv6 as RFC 5952 has it.
    static func text(_ bytes: some Collection<UInt8>) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let bytes = Array(bytes)
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Nil for what is no address in text; IPv4 only with all four numbers.
    static func bytes(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: size)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    /// `192.0.2.0/24`, or an address with all its bits. Nil for anything else, more bits than the address has included.
    static func prefix(_ text: String) -> (bytes: [UInt8], length: Int)? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = bytes(String(first)) else { return nil }
        guard parts.count == 2 else { return (bytes, bytes.count * 8) }
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let length = Int(parts[1]), length <= bytes.count * 8
        else { return nil }
        return (bytes, length)
    }
}
