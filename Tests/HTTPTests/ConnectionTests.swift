import Foundation
import HTTPTypes
import Synchronization
import TestSupport
import Testing

@testable import HTTP

/// What happens on one connection over several requests.
@Suite struct ConnectionTests {
    private static let request =
        "PUT /a?b=c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: u\r\n\r\n"

    @Test func aRequestMayBeSplitAtEveryByte() throws {
        let server = try TestServer()
        let bytes = Array(Self.request.utf8)
        for split in 1..<bytes.count {
            let client = try server.connect()
            try client.send(Array(bytes[..<split]))
            if split % 16 == 0 { usleep(1000) }
            try client.send(Array(bytes[split...]))
            let answer = try #require(client.readAnswer(), "split at \(split)")
            #expect(answer.status == 200)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("query=b=c\nbody=abc\n"))
        }
    }

    @Test func aRequestMayComeByteByByte() throws {
        let server = try TestServer()
        let client = try server.connect()
        for byte in Self.request.utf8 {
            try client.send([byte])
            usleep(200)
        }
        #expect(try #require(client.readAnswer()).status == 200)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        // Later requests are ready earlier.
        let handler = ClosureHandler { request, responder in
            let delay = request.path == "/0" ? 0.05 : 0
            DispatchQueue.global().asyncAfter(deadline: .now() + delay) { responder.respond(.text(request.path)) }
        }
        let server = try TestServer(handler: handler)
        let client = try server.connect()
        try client.send((0..<50).map { "GET /\($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined())
        for number in 0..<50 {
            let answer = try #require(client.readAnswer())
            #expect(String(decoding: answer.body, as: UTF8.self) == "/\(number)")
        }
    }

    /// More requests than input and output together may hold.
    @Test func aClientThatOnlySendsIsStoppedNotBuffered() throws {
        let server = try TestServer(
            handler: ClosureHandler { _, responder in
                responder.respond(Response(contentType: "text/plain", bytes: [UInt8](repeating: 0x61, count: 20_000)))
            })
        let client = try RawClient(port: server.port, receiveBuffer: 4096)
        let count = 500
        let sender = Thread {
            try? client.send(
                String(repeating: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", count: count - 1)
                    + "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        }
        sender.start()
        usleep(300_000)
        #expect(server.server.bufferedBytes < 1 << 20)
        let text = client.readToEnd()
        #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == count + 1)
    }

    @Test func anAnswerToHEADHasNoBodyButItsLength() throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\nGET /y HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let head = try #require(client.readAnswer(isHead: true))
        #expect(head.head.contains("Content-Length: 32"))
        let next = try #require(client.readAnswer())
        #expect(String(decoding: next.body, as: UTF8.self).hasPrefix("GET /y\n"))
    }

    @Test func aRefusedHEADHasNoBody() throws {
        let server = try TestServer()
        let answer = try server.exchange("HEAD / HTTP/1.1\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [
        ("HTTP/1.1", "", false), ("HTTP/1.1", "Connection: close\r\n", true),
        ("HTTP/1.1", "Connection: foo, Close\r\n", true), ("HTTP/1.0", "", true),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", false), ("HTTP/1.1", "Connection: keep-alive, close\r\n", true),
    ]) func closesWhenAskedTo(version: String, field: String, closes: Bool) throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.send("GET / \(version)\r\nHost: localhost\r\n\(field)\r\n")
        let answer = try #require(client.readAnswer())
        #expect(answer.head.contains("\r\nConnection: close") == closes)
        #expect(client.isClosed(within: closes ? 30 : 0.1) == closes)
    }

    @Test func aHalfClosedClientIsAnswered() throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.finishSending()
        let text = client.readToEnd()
        #expect(text.contains("GET /1\n"))
        #expect(text.contains("GET /2\n"))
    }

    @Test func expect100ContinueIsMetBeforeTheBody() throws {
        let server = try TestServer()
        let client = try server.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n")
        let interim = try #require(client.readAnswer())
        #expect(interim.status == 100)
        try client.send("abc")
        let answer = try #require(client.readAnswer())
        #expect(answer.status == 200)
    }

    @Test func expect100ContinueIsNotMetForTooLargeABody() throws {
        let server = try TestServer()
        let answer = try server.exchange(
            "PUT /small HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
    }

    /// The client sends on while it is told 413: closing at once would reset the connection and lose the answer.
    @Test func aRefusalReachesAClientThatSendsOn() throws {
        let server = try TestServer()
        for _ in 0..<20 {
            let client = try server.connect()
            try client.send("PUT /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n")
            try? client.send([UInt8](repeating: 0x61, count: 4_000_000))
            client.finishSending()
            #expect(client.readToEnd().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func anUnansweredRequestIsAnsweredWith500() throws {
        let server = try TestServer(handler: ClosureHandler { _, _ in })
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try #require(client.readAnswer()).status == 500)
    }

    @Test func onlyTheFirstAnswerCounts() throws {
        let server = try TestServer(
            handler: ClosureHandler { _, responder in
                #expect(responder.respond(.text("first")))
                #expect(!responder.respond(.text("second")))
            })
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try #require(client.readAnswer()).body == Array("first".utf8))
        #expect(client.readAnswer(seconds: 0.1) == nil)
    }

    @Test func aHandlerCanSeeThatItsClientIsGone() throws {
        let pending = Mutex<Responder?>(nil)
        let server = try TestServer(handler: ClosureHandler { _, responder in pending.withLock { $0 = responder } })
        var client: RawClient? = try server.connect()
        try client?.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while pending.withLock({ $0 == nil }) { usleep(1000) }
        let responder = try #require(pending.withLock { $0 })
        #expect(!responder.isCancelled)
        client?.reset()
        client = nil
        #expect(eventually { responder.isCancelled })
        #expect(responder.isCancelled)
        responder.respond(.text("too late"))
    }

    @Test func headersOfTheConfigurationAndTheAnswer() throws {
        let handler = ClosureHandler { _, responder in
            responder.respond(
                Response(
                    status: .ok,
                    headers: [
                        .contentSecurityPolicy: "mine", .contentLength: "99", .transferEncoding: "chunked",
                        .connection: "upgrade", HTTPField.Name("X-Split")!: "a\r\nInjected: b",
                    ], body: .bytes([0x61])))
        }
        let server = try TestServer(handler: handler) { $0.headers = SecurityHeaders.data }
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let answer = try #require(client.readAnswer())
        #expect(answer.head.contains("Content-Security-Policy: mine"))
        #expect(answer.head.contains("X-Content-Type-Options: nosniff"))
        #expect(answer.head.contains("Content-Length: 1\r\n") || answer.head.hasSuffix("Content-Length: 1"))
        #expect(!answer.head.contains("\nInjected"))
        #expect(!answer.head.contains("chunked"))
        #expect(!answer.head.contains("upgrade"))
    }
}
