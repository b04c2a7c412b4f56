import Foundation
import Synchronization
import Testing

@testable import HTTP

@Suite struct ShutdownTests {
    private static let get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test func requestsUnderWayAreAnswered() throws {
        let started = CountBox()
        let server = try TestServer(
            handler: ClosureHandler { _, responder in
                _ = started.next()
                DispatchQueue.global().asyncAfter(deadline: .now() + 0.3) { responder.respond(.text("done")) }
            })
        let idle = try server.connect()
        let busy = try server.connect()
        try busy.send(Self.get)
        while started.count == 0 { usleep(1000) }
        let begin = Date()
        let port = server.port
        Thread { server.server.shutdown(deadline: 60) }.start()
        #expect(idle.isClosed(within: 30))
        let answer = try #require(busy.readAnswer())
        #expect(answer.body == Array("done".utf8))
        #expect(answer.head.contains("\r\nConnection: close"))
        #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
        #expect(busy.isClosed(within: 30))
        server.server.shutdown(deadline: 60)
        #expect(Date().timeIntervalSince(begin) < 50)
    }

    @Test func theDeadlineBreaksOffWhatIsLeft() throws {
        let held = Mutex<[Responder]>([])
        let server = try TestServer(
            handler: ClosureHandler { _, responder in held.withLock { $0.append(responder) } })
        let client = try server.connect()
        try client.send(Self.get)
        while held.withLock({ $0.isEmpty }) { usleep(1000) }
        let begin = Date()
        server.server.shutdown(deadline: 0.3)
        #expect((0.29..<30).contains(Date().timeIntervalSince(begin)))
        #expect(client.isClosed(within: 30))
        held.withLock { $0 }[0].respond(.text("too late"))
        held.withLock { $0 = [] }
    }

    @Test func endlessStreamsEndAtOnce() throws {
        let pipe = BodyPipe()
        let server = try TestServer(
            handler: ClosureHandler { _, responder in
                responder.respond(Response(status: .ok, body: .stream(pipe.stream())))
            })
        let client = try server.connect()
        try client.send(Self.get)
        #expect(client.readSome())
        let begin = Date()
        Thread { server.server.shutdown(deadline: 60) }.start()
        #expect(client.readToEnd().hasSuffix("0\r\n\r\n"))
        server.server.shutdown()
        #expect(Date().timeIntervalSince(begin) < 50)
        #expect(pipe.isClosed)
    }

    @Test func nothingIsLeftOfAServer() throws {
        for _ in 0..<20 {
            let server = try TestServer()
            #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
            server.server.shutdown(deadline: 1)
            #expect(server.server.connectionCount == 0)
        }
    }

    @Test func startsOnlyOnce() throws {
        let server = try TestServer()
        #expect(throws: ServerError.alreadyStarted) { try server.server.start() }
    }
}
