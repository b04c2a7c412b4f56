import CLinux
import Foundation
import Glibc

/// Dates as HTTP writes them, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7), to the second.
public enum HTTPDate {
    private static let preferred = "%a, %d %b %Y %H:%M:%S GMT"
    /// RFC 850's and asctime's, which are to be understood but not written.
    private static let obsolete = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]

    public static func format(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let length = strftime(&text, text.count, preferred, &parts)
        return String(decoding: text[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Nil for what is no date: a condition with it is to be ignored.
    public static func parse(_ text: String) -> Date? {
        for format in [preferred] + obsolete {
            let seconds = clinux_parse_time(text, format)
            if seconds != .min { return Date(timeIntervalSince1970: Double(seconds)) }
        }
        return nil
    }
}
