import Foundation
import Glibc
import TestSupport
import Testing

@testable import HTTP

/// What all clients together may hold.
@Suite(.serialized) struct LimitTests {
    @Test func connectionsOverTheCapAreToldSo() throws {
        let server = try TestServer { $0.limits.connections = 3 }
        let clients = try (0..<3).map { _ in try server.connect() }
        for client in clients {
            try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try #require(client.readAnswer()).status == 200)
        }
        let refused = try server.connect()
        try refused.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let text = refused.readToEnd()
        #expect(text.hasPrefix("HTTP/1.1 503 "))
        #expect(text.contains("\r\nRetry-After: 1\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        try clients[0].send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        _ = clients[0].readToEnd()
        clients[0].finishSending()
        refused.finishSending()
        #expect(eventually { server.server.connectionCount <= 2 })
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func bodiesBeyondTheMemoryCapAreRefused() throws {
        let server = try TestServer(handler: EchoHandler(limit: 1 << 24)) { $0.limits.bufferedBytes = 1 << 20 }
        let client = try server.connect()
        try client.send("PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n")
        try? client.send([UInt8](repeating: 0x61, count: 4_000_000))
        client.finishSending()
        #expect(client.readToEnd().hasPrefix("HTTP/1.1 503 "))
        #expect(eventually { server.server.connectionCount == 0 })
        #expect(server.server.bufferedBytes == 0)
        #expect(try server.exchange("GET / HTTP/1.0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test func twelveHundredConnectionsAtOnce() throws {
        // Of which the clients have one end too.
        DescriptorLimit.raise(to: 8192)
        let server = try TestServer { $0.limits.connections = 2000 }
        let clients = try (0..<1200).map { _ in try server.connect() }
        for round in 0..<3 {
            for client in clients { try client.send("GET /\(round) HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            for client in clients {
                let answer = try #require(client.readAnswer())
                #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix("GET /\(round)\n"))
            }
        }
        #expect(server.server.connectionCount == 1200)
    }

    @Test func anIdleServerSleeps() async {
        await #expect(processExitsWith: .success) {
            let server = try TestServer()
            let clients = try (0..<50).map { _ in try server.connect() }
            for client in clients {
                try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try #require(client.readAnswer()).status == 200)
            }
            let isQuiet = (0..<10).contains { _ in
                let begin = clock()
                usleep(1_000_000)
                return Double(clock() - begin) / Double(CLOCKS_PER_SEC) < 0.01
            }
            #expect(isQuiet, "10 ms of CPU and more in each second without work")
            #expect(server.server.connectionCount == 50)
        }
    }

    /// Without descriptors the listener stays readable: the loop must wait, not spin, and accept later.
    @Test func withoutDescriptorsTheLoopWaits() async {
        await #expect(processExitsWith: .success) {
            let server = try TestServer()
            let first = try server.connect()
            try first.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try #require(first.readAnswer()).status == 200)
            let second = try server.connect()
            let third = try server.connect()
            #expect(eventually { server.server.connectionCount >= 3 })
            // The next client takes the last descriptor, the server has none for its end.
            let last = open("/dev/null", O_RDONLY)
            close(last)
            var files = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
            let before = files
            files.rlim_cur = rlim_t(last + 1)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
            let late = try server.connect()
            try late.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let begin = clock()
            #expect(late.readAnswer(seconds: 1) == nil)
            let cpuSeconds = Double(clock() - begin) / Double(CLOCKS_PER_SEC)
            #expect(cpuSeconds < 0.1, "\(cpuSeconds) s of CPU in a second without work")
            var again = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &again)
            #expect(try #require(late.readAnswer()).status == 200)
            withExtendedLifetime((first, second, third)) {}
        }
    }
}
