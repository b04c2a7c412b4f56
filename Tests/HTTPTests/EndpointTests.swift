import CLinux
import Foundation
import Glibc
import Synchronization
import Testing

@testable import HTTP

/// Addresses to listen on, and who is seen to call.
@Suite struct EndpointTests {
    private static let peers = ClosureHandler { request, responder in
        responder.respond(.text("\(request.connection.peer)"))
    }
    private static let numbers = CountBox()

    private func socketPath() -> String {
        NSTemporaryDirectory() + "swale-\(getpid())-\(Self.numbers.next()).sock"
    }

    private func get(_ client: RawClient, host: String = "localhost") throws -> String {
        try client.send("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        let answer = try #require(client.readAnswer())
        return "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
    }

    @Test(arguments: ["127.0.0.1", "::1", "127.0.0.2"]) func tcp(_ host: String) throws {
        let server = try TestServer(handler: Self.peers, address: .tcp(host: host, port: 0))
        #expect(server.addresses == [.tcp(host: host, port: server.port)])
        let client = try RawClient(port: server.port, host: host)
        let text = try get(client)
        let loopback = host == "::1" ? "::1" : "127.0.0."
        #expect(text.hasPrefix("200 tcp(address: \"\(loopback)"))
    }

    @Test func localhostIsBothFamilies() throws {
        let server = try TestServer(handler: Self.peers, address: .tcp(host: "localhost", port: 0))
        #expect(
            server.addresses == [.tcp(host: "127.0.0.1", port: server.port), .tcp(host: "::1", port: server.port)])
        #expect(try get(RawClient(port: server.port)).hasPrefix("200 "))
        #expect(try get(RawClient(port: server.port, host: "::1")).hasPrefix("200 "))
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "::ffff:127.0.0.1"])
    func otherAddressesAreRefused(_ host: String) {
        #expect(throws: ServerError.notLoopback(.tcp(host: host, port: 0))) {
            try TestServer(address: .tcp(host: host, port: 0))
        }
    }

    @Test(arguments: [
        ListenAddress.tcp(host: "example.org", port: 0), .tcp(host: "127.0.0.1", port: 65536),
        .tcp(host: "127.0.0.1", port: -1), .unix(path: ""), .unix(path: String(repeating: "a", count: 108)),
    ]) func invalidAddressesAreRefused(_ address: ListenAddress) {
        #expect(throws: ServerError.invalidAddress(address)) { try TestServer(address: address) }
    }

    @Test func aPortInUseIsRefused() throws {
        let server = try TestServer()
        let address = ListenAddress.tcp(host: "127.0.0.1", port: server.port)
        #expect(throws: ServerError.addressInUse(address)) { try TestServer(address: address) }
    }

    @Test func aUnixSocketTellsWhoCalls() throws {
        let path = socketPath()
        let server = try TestServer(handler: Self.peers, address: .unix(path: path))
        #expect(server.addresses == [.unix(path: path)])
        // Any Host: no browser is led to a unix socket.
        let text = try get(try RawClient(unixPath: path), host: "switch.example")
        #expect(text == "200 unix(pid: \(getpid()), uid: \(getuid()), gid: \(getgid()))")
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o660)
        server.server.shutdown()
        #expect(lstat(path, &status) != 0)
    }

    @Test func curlSpeaksOverAUnixSocket() throws {
        let path = socketPath()
        let server = try TestServer(address: .unix(path: path))
        let result = try Command.run("curl", "-sS", "-m", "5", "--unix-socket", path, "http://swale/a")
        #expect(result.output.hasPrefix("GET /a\n"), "\(result.errors)")
        withExtendedLifetime(server) {}
    }

    @Test func aStaleSocketFileIsReplaced() throws {
        let path = socketPath()
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var raw = sockaddr_un()
        raw.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        #expect(withUnsafeBytes(of: &raw) { SocketAddress.call($0) { bind(descriptor, $0, $1) } } == 0)
        close(descriptor)
        let server = try TestServer(handler: Self.peers, address: .unix(path: path))
        #expect(try get(try RawClient(unixPath: path)).hasPrefix("200 "))
        withExtendedLifetime(server) {}
    }

    @Test func aSocketInUseIsLeftAlone() throws {
        let path = socketPath()
        let server = try TestServer(handler: Self.peers, address: .unix(path: path))
        #expect(throws: ServerError.addressInUse(.unix(path: path))) { try TestServer(address: .unix(path: path)) }
        #expect(try get(try RawClient(unixPath: path)).hasPrefix("200 "))
        withExtendedLifetime(server) {}
    }

    @Test func anotherFileIsLeftAlone() throws {
        let path = socketPath()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ServerError.notASocket(path)) { try TestServer(address: .unix(path: path)) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func aFileThatTookThePlaceIsNotRemoved() throws {
        let path = socketPath()
        let server = try TestServer(address: .unix(path: path))
        unlink(path)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        server.server.shutdown()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func oneBadEndpointStopsTheStart() throws {
        let path = socketPath()
        #expect(throws: ServerError.self) {
            try TestServer(address: .unix(path: path)) {
                $0.endpoints.append(.init(.tcp(host: "0.0.0.0", port: 0)))
            }
        }
        var status = stat()
        #expect(lstat(path, &status) != 0)
    }
}
