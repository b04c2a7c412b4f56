extension Client {
    /// Hands on the body of an answer as it comes, until its end, until `body` says false, or until nobody reads from the
    /// pipe that `output` is.
    func stream(
        _ path: String, watching output: Int32? = nil, _ body: (ArraySlice<UInt8>) throws(Failure) -> Bool
    ) throws(Failure) {
        let (connection, _) = try request("GET", path)
        defer { connection.close() }
        var reader = StreamReader()
        while !reader.isAtEnd {
            if let output, !connection.waitToRead(watching: output) { return }
            let bytes = try connection.read()
            guard !bytes.isEmpty else { throw Self.end(of: reader) }
            try reader.add(bytes)
            while let part = try reader.next() {
                guard try body(part) else { return }
            }
        }
    }

    private static func end(of reader: StreamReader) -> Failure {
        guard let refusal = reader.refusal else { return .failed("the service broke the stream off") }
        do {
            return .failed(try ReplyParser.parse(refusal).map { Problem.text($0) } ?? "the service's answer is cut off")
        } catch {
            return error
        }
    }
}
