/// A whole HTTP/1.1 reply, as read from a connection that the service has closed (RFC 9112 sections 4, 6 and 7.1).
enum ReplyParser {
    /// nil where `bytes` is no complete reply.
    static func parse(_ bytes: [UInt8]) throws(Failure) -> Client.Reply? {
        var rest = bytes[...]
        guard let head = try ReplyHead(taking: &rest) else { return nil }
        if head.isChunked {
            var chunks = ChunkReader()
            var body: [UInt8] = []
            while let part = try chunks.next(from: &rest) { body += part }
            return chunks.isAtEnd ? Client.Reply(status: head.status, body: body) : nil
        }
        if let length = head.contentLength {
            guard length >= 0, rest.count >= length else { return nil }
            rest = rest.prefix(length)
        }
        return Client.Reply(status: head.status, body: Array(rest))
    }
}
