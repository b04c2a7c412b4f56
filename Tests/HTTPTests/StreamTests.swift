import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HTTP

/// Bodies that are made while they are sent.
@Suite struct StreamTests {
    /// `count` parts, `size` bytes each, made on another thread.
    private static func parts(_ count: Int, size: Int = 10, made: CountBox = CountBox()) -> BodyStream {
        BodyStream { writer in
            DispatchQueue.global().async {
                let number = made.next()
                if number >= count { return writer.finish() }
                writer.write([UInt8](repeating: UInt8(0x61 + number % 26), count: size))
            }
        }
    }

    private static func server(_ make: @escaping @Sendable () -> BodyStream) throws -> TestServer {
        try TestServer(
            handler: ClosureHandler { _, responder in
                responder.respond(Response(status: .ok, body: .stream(make())))
            })
    }

    @Test func isChunkedForHTTP11() throws {
        let server = try Self.server { Self.parts(3) }
        let text = try server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(text.contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(text.hasSuffix("\r\n\r\na\r\naaaaaaaaaa\r\na\r\nbbbbbbbbbb\r\na\r\ncccccccccc\r\n0\r\n\r\n"))
    }

    @Test func endsByClosingForHTTP10() throws {
        let server = try Self.server { Self.parts(3) }
        let text = try server.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(!text.contains("Transfer-Encoding"))
        #expect(!text.contains("Content-Length"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\naaaaaaaaaabbbbbbbbbbcccccccccc"))
    }

    @Test func theConnectionLivesOn() throws {
        let server = try Self.server { Self.parts(2) }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.0\r\n\r\n")
        #expect(client.readToEnd().components(separatedBy: "HTTP/1.1 200 OK").count == 3)
    }

    @Test func isNotPulledForHEAD() throws {
        let made = CountBox()
        let cancelled = CountBox()
        let server = try Self.server {
            BodyStream(onPull: { _ in _ = made.next() }, onCancel: { _ = cancelled.next() })
        }
        let text = try server.exchange("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(text.hasSuffix("\r\n\r\n"))
        #expect(made.count == 0)
        #expect(eventually { cancelled.count == 1 })
    }

    @Test func aSlowClientSlowsTheSource() throws {
        let made = CountBox()
        let server = try Self.server { Self.parts(2000, size: 50_000, made: made) }
        let client = try RawClient(port: server.port, receiveBuffer: 8192)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        usleep(300_000)
        let early = made.count
        #expect(early < 400, "\(early) parts of 50,000 bytes made for a client that reads none")
        #expect(server.server.bufferedBytes < 300_000)
        let text = client.readToEnd()
        #expect(text.hasSuffix("\r\n0\r\n\r\n"))
        #expect(text.utf8.count > 2000 * 50_000)
        #expect(made.count == 2001)
    }

    @Test func isCancelledWhenTheClientGoes() throws {
        let cancelled = CountBox()
        let server = try Self.server {
            BodyStream(onPull: { $0.write([0x61]) }, onCancel: { _ = cancelled.next() })
        }
        var client: RawClient? = try server.connect()
        try client?.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client?.readSome() == true)
        client = nil
        #expect(eventually { cancelled.count == 1 })
        #expect(eventually { server.server.connectionCount == 0 })
    }

    /// Who closes its side of a stream without an end has gone, as far as anybody can tell; nothing has to be sent to it.
    @Test func anEndlessStreamEndsWithTheClientsSide() throws {
        let closed = CountBox()
        let pipe = BodyPipe(onClose: { _ = closed.next() })
        let server = try Self.server { pipe.stream() }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.readSome())
        client.finishSending()
        #expect(eventually { closed.count == 1 })
        #expect(!pipe.send([0x61]))
        #expect(client.isClosed(within: 30))
    }

    @Test func aStreamWithAnEndIsSentWholeToAClientThatSendsNoMore() throws {
        let server = try Self.server { Self.parts(200, size: 1000) }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.finishSending()
        #expect(client.readToEnd().hasSuffix("\r\n0\r\n\r\n"))
    }

    @Test(arguments: [true, false]) func aSourceThatFailsBreaksOff(isDropped: Bool) throws {
        let made = CountBox()
        let server = try Self.server {
            BodyStream { writer in
                if made.next() == 0 { return writer.write([0x61]) }
                if !isDropped { writer.fail() }
            }
        }
        let text = try server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(text.hasSuffix("\r\n\r\n1\r\na\r\n") || text.isEmpty)
        #expect(!text.contains("\r\n0\r\n"))
    }

    @Test func heartbeatsFillSilence() throws {
        let pipe = BodyPipe()
        let server = try Self.server {
            pipe.stream(heartbeat: BodyStream.Heartbeat(bytes: Array(":\n\n".utf8), seconds: 0.1))
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in 0..<100 where client.text.components(separatedBy: "3\r\n:\n\n\r\n").count < 4 { client.readSome() }
        #expect(pipe.send(Array("data: x\n\n".utf8)))
        for _ in 0..<100 where !client.text.contains("9\r\ndata: x\n\n\r\n") { client.readSome() }
        #expect(client.text.contains("9\r\ndata: x\n\n\r\n"))
        pipe.finish()
        for _ in 0..<100 where !client.text.hasSuffix("\r\n0\r\n\r\n") { client.readSome() }
        #expect(client.text.hasSuffix("\r\n0\r\n\r\n"))
        #expect(!pipe.send([0x61]))
    }

    @Test func aPipeRefusesWhatAClientIsTooSlowFor() throws {
        let closed = CountBox()
        let pipe = BodyPipe(capacity: 100_000, onClose: { _ = closed.next() })
        let server = try Self.server { pipe.stream() }
        var client: RawClient? = try RawClient(port: server.port, receiveBuffer: 4096)
        try client?.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client?.readSome() == true)
        let part = [UInt8](repeating: 0x61, count: 10_000)
        var accepted = 0
        for _ in 0..<2000 where pipe.send(part) { accepted += 1 }
        #expect(accepted >= 10)
        #expect(accepted < 1900)
        client = nil
        #expect(eventually { closed.count == 1 })
        #expect(pipe.isClosed)
        #expect(!pipe.send(part))
    }

    @Test func manyStreamsAtOnce() throws {
        let server = try Self.server { Self.parts(50, size: 1000) }
        let clients = try (0..<100).map { _ in try server.connect() }
        for client in clients {
            try client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        }
        for client in clients { #expect(client.readToEnd().hasSuffix("\r\n0\r\n\r\n")) }
    }
}

/// A count that threads share.
final class CountBox: Sendable {
    private let value = Atomic(0)

    /// Counts up, and tells the count before.
    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
    var count: Int { value.load(ordering: .relaxed) }
}
