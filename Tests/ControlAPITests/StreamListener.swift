import Testing

/// A client of Server-Sent Events that stays connected.
final class StreamListener {
    private let connection: Connection
    private(set) var text = ""

    init(_ api: TestService, _ target: String, _ headers: String = "") throws {
        connection = try Connection(port: api.port)
        try connection.send(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n".utf8))
        // The comment that every stream begins with: from here on nothing is missed.
        #expect(wait(for: "\n: "), "\(text)")
    }

    /// Whether the stream says this within the time.
    func wait(for expected: String) -> Bool {
        while !text.contains(expected) {
            let part = connection.read()
            if part.isEmpty { return false }
            text += String(decoding: part, as: UTF8.self)
        }
        return true
    }

    var isSilent: Bool { connection.read(seconds: 0.2).isEmpty }

    /// Whether the service ends the stream within the time.
    var ends: Bool { wait(for: "\r\n0\r\n\r\n") }
}
