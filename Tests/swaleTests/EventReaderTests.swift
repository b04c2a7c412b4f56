import Testing

@testable import swale

@Suite struct EventReaderTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// However the bytes are cut, the events are the same.
    @Test(arguments: [1, 2, 3, 7, 1000])
    func eventsOfPieces(size: Int) throws {
        let text =
            Self.head + "A\r\n: events\n\n\r\n1d\r\nid: 7\nevent: trace\ndata: {\"a\"\r\n6\r\n: 1}\n\n\r\n"
            + "15\r\ndata:x\ndata: y\n\ndata\n\r\n1\r\n\n\r\n0\r\n\r\n"
        var stream = StreamReader()
        var reader = EventReader()
        var events: [EventReader.Event] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            #expect(!stream.isAtEnd || rest.count <= 2)
            try stream.add(Array(rest.prefix(size)))
            while let part = try stream.next() { events += try reader.read(part) }
            rest = rest.dropFirst(size)
        }
        #expect(
            events == [
                .init(name: "trace", id: "7", data: #"{"a": 1}"#), .init(name: "", id: "", data: "x\ny"),
            ])
        #expect(stream.isAtEnd)
        #expect(stream.refusal == nil)
    }

    @Test func aRefusalIsKeptWhole() throws {
        let reply = Array("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}".utf8)
        var stream = StreamReader()
        for byte in reply {
            try stream.add([byte])
            #expect(try stream.next() == nil)
        }
        #expect(stream.refusal == reply)
    }

    @Test(arguments: ["SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nbody", head + "zz\r\n", head + "-1\r\n"])
    func whatIsNoStreamIsRefused(text: String) {
        var stream = StreamReader()
        #expect(throws: Failure.self) {
            try stream.add(Array(text.utf8))
            while try stream.next() != nil {}
        }
    }
}
