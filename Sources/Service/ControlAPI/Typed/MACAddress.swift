/// Addresses of Ethernet as text, `02:00:00:00:00:01`.
enum MACAddress {
    static func text(_ bytes: some Collection<UInt8>) -> String {
        bytes.map { byte in
            String(UnicodeScalar(Hex.digits[Int(byte >> 4)])) + String(UnicodeScalar(Hex.digits[Int(byte & 15)]))
        }.joined(separator: ":")
    }

    /// Six pairs of digits with colons or hyphens between them.
    static func bytes(_ text: String) -> [UInt8]? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        guard parts.count == 6 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let digits = Array(part.utf8)
            guard digits.count == 2, let high = Hex.value(digits[0]), let low = Hex.value(digits[1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
