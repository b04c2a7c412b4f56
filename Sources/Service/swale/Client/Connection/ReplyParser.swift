/// A whole HTTP/1.1 reply, as read from a connection that the service has closed (RFC 9112 sections 4, 6 and 7.1).
enum ReplyParser {
    /// nil where `bytes` is no complete reply.
    static func parse(_ bytes: [UInt8]) throws(Failure) -> Client.Reply? {
        var rest = bytes[...]
        while let head = takeHead(&rest) {
            let lines = head.split(separator: "\r\n")
            let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
                throw .failed("what answers is no HTTP service")
            }
            if (100..<200).contains(status) { continue }
            let fields = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1).map { String($0) }
                return (name: parts[0].lowercased(), value: parts.count > 1 ? trimmed(parts[1]) : "")
            }
            func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }
            if field("transfer-encoding")?.lowercased() == "chunked" {
                return dechunked(rest).map { Client.Reply(status: status, body: $0) }
            }
            if let length = field("content-length").flatMap({ Int($0) }) {
                guard length >= 0, rest.count >= length else { return nil }
                rest = rest.prefix(length)
            }
            return Client.Reply(status: status, body: Array(rest))
        }
        return nil
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// Takes what stands before the next blank line.
    private static func takeHead(_ rest: inout ArraySlice<UInt8>) -> String? {
        take(&rest, upTo: [13, 10, 13, 10])
    }

    private static func take(_ rest: inout ArraySlice<UInt8>, upTo end: [UInt8]) -> String? {
        guard let range = rest.firstRange(of: end) else { return nil }
        defer { rest = rest[range.upperBound...] }
        return String(decoding: rest[..<range.lowerBound], as: UTF8.self)
    }

    private static func dechunked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = bytes
        var body: [UInt8] = []
        while let line = take(&rest, upTo: [13, 10]) {
            guard let size = Int(line.split(separator: ";").first.map { trimmed(String($0)) } ?? "", radix: 16),
                size >= 0
            else { return nil }
            if size == 0 { return body }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }
}
