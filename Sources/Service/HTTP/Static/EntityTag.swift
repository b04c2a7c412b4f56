import COpenSSL

/// Entity tags and the conditions on them, RFC 9110 sections 8.8.3 and 13.1.
public enum EntityTag {
    /// A strong tag: 128 bits of the content's SHA-256, with its quotes.
    public static func of(_ content: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        EVP_Digest(content, content.count, &digest, nil, EVP_sha256(), nil)
        let hex = digest[..<16].map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        return "\"\(hex.joined())\""
    }

    /// If-None-Match: `*`, or a tag of the list that is the same but for weakness.
    public static func list(_ value: String?, weaklyContains tag: String) -> Bool {
        guard let value else { return false }
        if value.trimmingOWS() == "*" { return true }
        return tags(value).contains { opaque($0) == opaque(tag) }
    }

    /// If-Match: `*`, or a strong tag of the list that is the same.
    public static func list(_ value: String?, stronglyContains tag: String) -> Bool {
        guard let value else { return false }
        if value.trimmingOWS() == "*" { return true }
        return !tag.hasPrefix("W/") && tags(value).contains(tag)
    }

    private static func opaque(_ tag: String) -> String {
        tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
    }

    /// A tag may hold commas: they part tags only between quotes.
    private static func tags(_ value: String) -> [String] {
        var result: [String] = []
        var tag = ""
        var isQuoted = false
        for character in value {
            if character == "\"" { isQuoted.toggle() }
            if character == "," && !isQuoted {
                result.append(tag.trimmingOWS())
                tag = ""
            } else {
                tag.append(character)
            }
        }
        result.append(tag.trimmingOWS())
        return result
    }
}
