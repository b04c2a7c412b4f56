/// A set of ASCII characters, as grammars name them.
struct ByteSet: Sendable {
    private let low: UInt64
    private let high: UInt64

    init(_ characters: String) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for byte in characters.utf8 {
            precondition(byte < 128)
            if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
        }
        self.low = low
        self.high = high
    }

    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        return byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    private static let alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    private static let pathCharacters = alphanumeric + "-._~!$&'()*+,;=:@"

    /// tchar, RFC 9110 section 5.6.2
    static let token = ByteSet(alphanumeric + "!#$%&'*+-.^_`|~")
    /// pchar without pct-encoded, RFC 3986 section 3.3
    static let path = ByteSet(pathCharacters)
    /// query without pct-encoded, RFC 3986 section 3.4, and the characters that browsers leave as they are
    static let query = ByteSet(pathCharacters + "/?[]{}|\\^`")
    /// reg-name without pct-encoded, RFC 3986 section 3.2.2; no name of ours needs sub-delims
    static let hostName = ByteSet(alphanumeric + "-._~")
    /// inside the brackets of an IPv6 address
    static let hostAddress = ByteSet("0123456789abcdefABCDEF:.")
    static let digits = ByteSet("0123456789")
}

extension UInt8 {
    var hexValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }

    /// SP or HTAB
    var isOWS: Bool { self == 0x20 || self == 0x09 }

    static let cr: UInt8 = 0x0d
    static let lf: UInt8 = 0x0a
    static let space: UInt8 = 0x20
}

extension ArraySlice<UInt8> {
    /// Without optional whitespace at both ends, RFC 9110 section 5.6.3.
    func trimmingOWS() -> ArraySlice<UInt8> {
        var result = self
        while let first = result.first, first.isOWS { result = result.dropFirst() }
        while let last = result.last, last.isOWS { result = result.dropLast() }
        return result
    }
}

extension StringProtocol {
    func trimmingOWS() -> String {
        String(decoding: Array(utf8)[...].trimmingOWS(), as: UTF8.self)
    }
}
