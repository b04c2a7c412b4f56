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
        var reader = EventReader()
        var events: [EventReader.Event] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            #expect(!reader.isAtEnd || rest.count <= 2)
            events += try reader.read(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        #expect(
            events == [
                .init(name: "trace", id: "7", data: #"{"a": 1}"#), .init(name: "", id: "", data: "x\ny"),
            ])
        #expect(reader.isAtEnd)
        #expect(reader.status == 200)
    }

    @Test func aRefusalIsNoStream() throws {
        var reader = EventReader()
        #expect(try reader.read(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}".utf8)) == [])
        #expect(reader.status == 404)
        #expect(reader.isAtEnd)
    }

    @Test(arguments: ["SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nbody", head + "zz\r\n", head + "-1\r\n"])
    func whatIsNoStreamIsRefused(text: String) {
        var reader = EventReader()
        #expect(throws: Failure.self) { try reader.read(Array(text.utf8)) }
    }
}
