import Glibc

extension Client {
    /// Hands on the events of a stream as they come, until it ends.
    func events(_ path: String, _ body: (EventReader.Event) throws(Failure) -> Void) throws(Failure) {
        let connection = try Connection(to: endpoint)
        defer { connection.close() }
        let head = "GET \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nConnection: close\r\n"
        _ = connection.write(Array((head + "User-Agent: swale/\(swaleVersion)\r\n\r\n").utf8))
        var reader = EventReader()
        var first: [UInt8] = []
        while !reader.isAtEnd {
            let bytes = try connection.read()
            guard !bytes.isEmpty else { throw .failed("the service closed the stream") }
            if reader.status == nil { first += bytes }
            for event in try reader.read(bytes) { try body(event) }
        }
        guard let status = reader.status, status != 200 else { return }
        let reply = try ReplyParser.parse(first + (try connection.readAll()))
        throw .failed(reply.map { Problem.text($0) } ?? "the service answered \(status)")
    }
}

extension ClientOptions {
    /// Prints events as they come: their data with `--json`, else what `render` makes of it, where it makes anything.
    func follow(_ path: String, _ render: (EventReader.Event, Document) -> String?) throws(Failure) {
        try client.events(path) { event throws(Failure) in
            if json {
                print(event.data)
            } else if let text = render(event, try Document(parsing: Array(event.data.utf8))) {
                print(text)
            }
            // Whoever reads from a pipe wants it now.
            fflush(nil)
        }
    }
}
