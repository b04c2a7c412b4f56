import Glibc

extension ClientOptions {
    /// Prints a stream's events as they come: their data with `--json`, else what `render` makes of it, where it makes
    /// anything. A stream without a limit has no end of its own.
    func follow(
        _ path: String, limit: Int?, _ render: (EventReader.Event, Document) -> String?
    ) throws(Failure) {
        var reader = EventReader()
        try client.stream(path) { bytes throws(Failure) in
            for event in try reader.read(bytes) {
                if json {
                    print(event.data)
                } else if let text = render(event, try Document(parsing: Array(event.data.utf8))) {
                    print(text)
                }
            }
            // Whoever reads from a pipe wants it now.
            fflush(nil)
            return true
        }
        if limit == nil { throw .failed("the service ended the stream") }
    }
}
