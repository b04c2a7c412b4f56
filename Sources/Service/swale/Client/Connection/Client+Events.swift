import Glibc

extension ClientOptions {
    /// Prints a stream's events as they come: their data with `--json`, else what `render` makes of it, where it makes
    /// anything.
    func follow(_ path: String, _ render: (EventReader.Event, Document) -> String?) throws(Failure) {
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
    }
}
