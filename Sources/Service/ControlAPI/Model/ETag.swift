import COpenSSL

/// Strong validators, made of what they stand for: the same spec has the same one, after a restart too.
enum ETag {
    static func make(_ kind: String, _ name: String, _ spec: JSON) -> String {
        make(Array("\(kind) \(name) ".utf8) + JSONText(spec).bytes)
    }

    static func make(_ content: [UInt8]) -> String {
        "\"" + Hex.text(SHA256.digest(content).prefix(12)).dropFirst(2) + "\""
    }

    /// Whether a list of a header field (`*` aside) names the tag. Weak ones never match (RFC 9110 section 8.8.3.2).
    static func list(_ field: String, contains tag: String) -> Bool {
        field.split(separator: ",").contains { $0.trimmingPrefix(while: \.isWhitespace).trimmingSuffix() == tag }
    }
}

extension Substring {
    fileprivate func trimmingSuffix() -> Substring {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

enum SHA256 {
    static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 32
        let done = EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
        precondition(done == 1 && length == 32, "SHA-256 is not available")
        return digest
    }

    static func text(_ bytes: [UInt8]) -> String { String(Hex.text(digest(bytes)).dropFirst(2)) }
}
