/// The head of an HTTP/1.1 reply (RFC 9112 section 4).
struct ReplyHead {
    let status: Int
    private let fields: [(name: String, value: String)]

    /// Takes the head from the front of `bytes`, interim ones before it too; nil where it is not all there yet.
    init?(taking bytes: inout ArraySlice<UInt8>) throws(Failure) {
        var rest = bytes
        while let end = rest.firstRange(of: [13, 10, 13, 10]) {
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
                throw .failed("what answers is no HTTP service")
            }
            rest = rest[end.upperBound...]
            if (100..<200).contains(status) { continue }
            self.status = status
            fields = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (parts[0].lowercased(), parts.count > 1 ? Self.trimmed(parts[1]) : "")
            }
            bytes = rest
            return
        }
        return nil
    }

    var isChunked: Bool { field("transfer-encoding")?.lowercased() == "chunked" }

    var contentLength: Int? { field("content-length").flatMap { Int($0) } }

    private func field(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
