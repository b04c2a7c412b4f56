import Foundation
import Testing

@testable import HTTP

/// Clients that are slow, or silent.
@Suite struct TimeoutTests {
    private func server(handler: any RequestHandler = EchoHandler()) throws -> TestServer {
        try TestServer(handler: handler) {
            $0.timeouts.header = 0.3
            $0.timeouts.body = 0.3
            $0.timeouts.bodyRate = 1000
            $0.timeouts.idle = 0.3
            $0.timeouts.write = 0.3
            $0.timeouts.linger = 0.2
        }
    }

    @Test func aSilentClientIsClosed() throws {
        let server = try server()
        let begin = Date()
        let client = try server.connect()
        #expect(client.isClosed(within: 30))
        #expect(Date().timeIntervalSince(begin) >= 0.29)
        #expect(client.received.isEmpty)
    }

    @Test func anIdleConnectionIsClosed() throws {
        let server = try server()
        let client = try server.connect()
        let begin = Date()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try #require(client.readAnswer()).status == 200)
        #expect(client.isClosed(within: 30))
        #expect(Date().timeIntervalSince(begin) >= 0.29)
        #expect(client.received.isEmpty)
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
    func aSlowHeaderSectionIsAnsweredWith408(_ start: String) throws {
        let server = try server()
        let client = try server.connect()
        try client.send(start)
        // A byte now and then doesn't help.
        let drip = Thread { for _ in 0..<1000 where (try? client.send("a")) != nil { usleep(50_000) } }
        drip.start()
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 408 "))
    }

    @Test(arguments: ["Content-Length: 100000", "Transfer-Encoding: chunked"])
    func aSlowBodyIsAnsweredWith408(_ framing: String) throws {
        let server = try server()
        let client = try server.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: localhost\r\n\(framing)\r\n\r\n")
        let drip = Thread { for _ in 0..<1000 where (try? client.send("1\r\na\r\n")) != nil { usleep(50_000) } }
        drip.start()
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 408 "))
    }

    @Test func aClientMayPauseInAStreamWithoutAnEnd() throws {
        let cancelled = CountBox()
        let part = [UInt8](repeating: 0x61, count: 100_000)
        let server = try server(
            handler: ClosureHandler { _, responder in
                let stream = BodyStream(
                    isEndless: true, onPull: { $0.write(part) }, onCancel: { _ = cancelled.next() })
                responder.respond(Response(status: .ok, body: .stream(stream)))
            })
        let client = try RawClient(port: server.port, receiveBuffer: 8192)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        // Three times as long as the server waits otherwise.
        usleep(1_000_000)
        #expect(cancelled.count == 0)
        while client.received.count < 50 * part.count { try #require(client.readSome()) }
    }

    @Test func aBodyThatKeepsTheRateHasItsTime() throws {
        let server = try TestServer {
            $0.timeouts.body = 1
            $0.timeouts.bodyRate = 100
        }
        let client = try server.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n")
        for _ in 0..<10 {
            try client.send(String(repeating: "a", count: 200))
            usleep(150_000)
        }
        #expect(try #require(client.readAnswer()).status == 200)
    }

    @Test func aClientThatDoesNotReadIsClosed() throws {
        let server = try server(
            handler: ClosureHandler { _, responder in
                responder.respond(
                    Response(contentType: "text/plain", bytes: [UInt8](repeating: 0x61, count: 30_000_000)))
            })
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in 0..<3000 where server.server.connectionCount > 0 || client.received.isEmpty {
            usleep(10_000)
            if server.server.connectionCount == 0 { break }
        }
        #expect(server.server.connectionCount == 0)
        #expect(server.server.bufferedBytes == 0)
    }

    @Test func aSlowHandlerIsWaitedFor() throws {
        let server = try server(
            handler: ClosureHandler { _, responder in
                DispatchQueue.global().asyncAfter(deadline: .now() + 0.8) { responder.respond(.text("late")) }
            })
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try #require(client.readAnswer()).body == Array("late".utf8))
    }

    /// Who keeps hundreds of header sections open keeps nobody else out.
    @Test func slowClientsDoNotHoldUpOthers() throws {
        let server = try server()
        let slow = try (0..<300).map { _ in
            let client = try server.connect()
            try client.send("GET / HTTP/1.1\r\nX: ")
            return client
        }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try #require(client.readAnswer()).status == 200)
        for one in slow { #expect(one.readToEnd().hasPrefix("HTTP/1.1 408 ")) }
    }
}
