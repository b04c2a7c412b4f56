/// A body of Server-Sent Events, as its bytes come.
struct EventReader {
    struct Event: Equatable {
        var name = ""
        var id = ""
        var data = ""
    }

    private var line: [UInt8] = []
    private var event = Event()

    /// A line longer than this is no event of the service.
    private static let longestLine = 64 << 20

    /// The events that end in `bytes`.
    mutating func read(_ bytes: some Sequence<UInt8>) throws(Failure) -> [Event] {
        var events: [Event] = []
        for byte in bytes { try add(byte, &events) }
        return events
    }

    private mutating func add(_ byte: UInt8, _ events: inout [Event]) throws(Failure) {
        guard byte == 0x0a else {
            guard line.count < Self.longestLine else { throw .failed("the stream of events is broken") }
            return line.append(byte)
        }
        let text = String(decoding: line, as: UTF8.self)
        line = []
        if text.isEmpty {
            if !event.data.isEmpty { events.append(event) }
            event = Event()
            return
        }
        let field = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = field.count < 2 ? "" : String(field[1].hasPrefix(" ") ? field[1].dropFirst() : field[1])
        switch field[0] {
        case "event": event.name = value
        case "id": event.id = value
        case "data": event.data += event.data.isEmpty ? value : "\n" + value
        default: break
        }
    }
}
