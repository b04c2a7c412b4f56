/// A reply of Server-Sent Events as it comes, piece by piece: head, chunks (RFC 9112 section 7.1), events.
struct EventReader {
    struct Event: Equatable {
        var name = ""
        var id = ""
        var data = ""
    }

    private enum Part {
        case head, size, chunk(Int), end
    }

    private var part = Part.head
    private var input: [UInt8] = []
    private var line: [UInt8] = []
    private var event = Event()
    private(set) var status: Int?

    /// Whether the stream came to its end.
    var isAtEnd: Bool { if case .end = part { true } else { false } }

    /// A line longer than this is no event of the service.
    private static let longestLine = 64 << 20

    /// The events that end in `bytes`. A reply that is no 200 gives none.
    mutating func read(_ bytes: some Sequence<UInt8>) throws(Failure) -> [Event] {
        input += bytes
        var events: [Event] = []
        while try readPart(&events) {}
        return events
    }

    /// False where more input is needed.
    private mutating func readPart(_ events: inout [Event]) throws(Failure) -> Bool {
        switch part {
        case .head:
            guard let end = input.firstRange(of: [13, 10, 13, 10]) else { return false }
            let lines = String(decoding: input[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
            guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
                throw .failed("what answers is no HTTP service")
            }
            self.status = status
            guard lines.contains(where: { $0.lowercased() == "transfer-encoding: chunked" }) || status != 200 else {
                throw .failed("what answers is no stream of events")
            }
            input.removeSubrange(..<end.upperBound)
            part = status == 200 ? .size : .end
        case .size:
            guard let end = input.firstRange(of: [13, 10]) else { return false }
            let digits = String(decoding: input[..<end.lowerBound], as: UTF8.self).prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size >= 0 else { throw .failed("the stream of events is broken") }
            input.removeSubrange(..<end.upperBound)
            part = size == 0 ? .end : .chunk(size)
        case .chunk(let size):
            guard input.count >= size + 2 else { return false }
            for byte in input[..<size] { try add(byte, &events) }
            input.removeSubrange(..<(size + 2))
            part = .size
        case .end: return false
        }
        return true
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
