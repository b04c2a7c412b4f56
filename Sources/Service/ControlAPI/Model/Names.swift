/// What may be the name of something (the patterns of openapi.yaml).
enum Names {
    /// Programs, switches and maps that stand by themselves.
    static func isName(_ text: String) -> Bool {
        matches(text, limit: 63) { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isMapName(_ text: String) -> Bool {
        guard let dot = text.firstIndex(of: ".") else { return isName(text) }
        let symbol = text[text.index(after: dot)...].utf8
        return isName(String(text[..<dot])) && (1...128).contains(symbol.count)
            && symbol.allSatisfy { isAlphanumeric($0) || ".$-".utf8.contains($0) }
    }

    static func isPortName(_ text: String) -> Bool {
        matches(text, limit: 63) { isAlphanumeric($0) || ".:@-".utf8.contains($0) }
    }

    static func isInterfaceName(_ text: String) -> Bool { isPortName(text) && text.utf8.count <= 15 }

    static func isFunctionName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 256, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first)
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || ".$".utf8.contains($0) }
    }

    private static func matches(_ text: String, limit: Int, _ isAllowed: (UInt8) -> Bool) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= limit else { return false }
        return isAlphanumeric(first) && text.utf8.allSatisfy(isAllowed)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
