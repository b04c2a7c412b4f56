import Foundation
import TestSupport
import Testing

@testable import HTTP

/// TLS with a certificate that the openssl command makes, spoken by curl and `openssl s_client`.
@Suite struct TLSTests {
    static let identity = try! makeIdentity()

    private static func makeIdentity() throws -> TLSIdentity {
        let folder = NSTemporaryDirectory() + "swale-tls-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let identity = TLSIdentity(certificatePath: folder + "/cert.pem", keyPath: folder + "/key.pem")
        let result = try Command.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
            identity.keyPath, "-out", identity.certificatePath)
        try #require(result.status == 0, "\(result.errors)")
        return identity
    }

    private func server(
        _ handler: any RequestHandler = EchoHandler(), adjust: (inout ServerConfiguration) -> Void = { _ in }
    ) throws -> TestServer {
        try TestServer(handler: handler) {
            $0.endpoints[0].tls = Self.identity
            adjust(&$0)
        }
    }

    private func curl(_ server: TestServer, _ path: String, _ arguments: String...) throws -> Command.Result {
        try Command.run(
            ["curl", "-sS", "-m", "20", "--cacert", Self.identity.certificatePath] + arguments + [
                "https://localhost:\(server.port)\(path)"
            ])
    }

    @Test(arguments: [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3")]) func speaks(_ version: String, _ name: String) throws {
        let server = try server()
        let result = try curl(server, "/a", "-v", "--tlsv\(version)", "--tls-max", version)
        #expect(result.output.hasPrefix("GET /a\n"), "\(result.errors)")
        #expect(result.errors.contains("SSL connection using \(name)"))
        #expect(result.errors.contains("ALPN: server accepted http/1.1"))
    }

    @Test(arguments: ["-tls1", "-tls1_1"]) func refusesOlderVersions(_ version: String) throws {
        let server = try server()
        let result = try Command.run(
            "openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", "127.0.0.1:\(server.port)",
            input: "")
        #expect(result.status != 0)
        #expect(try curl(server, "/").status == 0)
    }

    @Test func refusesAClientThatOffersOnlyOtherProtocols() throws {
        let server = try server()
        let result = try Command.run(
            "openssl", "s_client", "-alpn", "h2", "-connect", "127.0.0.1:\(server.port)", input: "")
        #expect(result.errors.contains("no application protocol") || result.output.contains("no application protocol"))
    }

    @Test func takesAndGivesLargeBodies() throws {
        let server = try server(
            ClosureHandler(bodyLimit: { _ in 1 << 25 }) { request, responder in
                responder.respond(Response(contentType: "application/octet-stream", bytes: request.body))
            })
        let path = NSTemporaryDirectory() + "swale-body-\(getpid())"
        var bytes = [UInt8](repeating: 0, count: 10_000_000)
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let result = try curl(server, "/", "-T", path, "-o", path + ".out")
        #expect(result.status == 0, "\(result.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".out")) == Data(bytes))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.removeItem(atPath: path + ".out")
    }

    @Test func streams() throws {
        let server = try server(
            ClosureHandler { _, responder in
                let made = CountBox()
                responder.respond(
                    Response(
                        status: .ok,
                        body: .stream(
                            BodyStream { writer in
                                DispatchQueue.global().async {
                                    if made.next() == 200 { return writer.finish() }
                                    writer.write([UInt8](repeating: 0x61, count: 10_000))
                                }
                            })))
            })
        let result = try curl(server, "/")
        #expect(result.output.utf8.count == 2_000_000, "\(result.errors)")
    }

    @Test func keepsConnectionsAlive() throws {
        let server = try server()
        let url = "https://localhost:\(server.port)/b"
        let result = try curl(server, "/a", "-v", url, url, url)
        #expect(result.output.components(separatedBy: "GET /b\n").count == 4)
        #expect(result.errors.components(separatedBy: "Re-using existing connection").count == 4)
    }

    @Test func plainTextOnTheTLSPortIsClosed() throws {
        let server = try server()
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(client.isClosed(within: 30))
        #expect(!client.text.contains("HTTP/1.1 "))
    }

    @Test func aHandshakeThatStallsIsClosed() throws {
        let server = try server { $0.timeouts.header = 0.3 }
        let begin = Date()
        let client = try server.connect()
        try client.send([0x16, 0x03, 0x01])
        #expect(client.isClosed(within: 30))
        #expect(Date().timeIntervalSince(begin) >= 0.29)
    }

    @Test func overTheCapIsToldSo() throws {
        let server = try server { $0.limits.connections = 1 }
        let holder = try server.connect()
        #expect(eventually { server.server.connectionCount >= 1 })
        let result = try curl(server, "/", "-i")
        #expect(result.output.hasPrefix("HTTP/1.1 503 "), "\(result.errors)")
        withExtendedLifetime(holder) {}
    }

    @Test func theOriginIsOfHTTPS() throws {
        let server = try server()
        let port = server.port
        let same = try curl(server, "/", "-i", "-X", "PUT", "-H", "Origin: https://localhost:\(port)")
        #expect(same.output.hasPrefix("HTTP/1.1 200 "))
        let other = try curl(server, "/", "-i", "-X", "PUT", "-H", "Origin: http://localhost:\(port)")
        #expect(other.output.hasPrefix("HTTP/1.1 403 "))
    }

    @Test func badFilesAreErrors() throws {
        let paths = [
            TLSIdentity(certificatePath: "/nonexistent", keyPath: Self.identity.keyPath),
            TLSIdentity(certificatePath: Self.identity.certificatePath, keyPath: "/nonexistent"),
            TLSIdentity(certificatePath: Self.identity.keyPath, keyPath: Self.identity.keyPath),
        ]
        for identity in paths {
            #expect(throws: ServerError.self) {
                try TestServer { $0.endpoints[0].tls = identity }
            }
        }
    }

    /// Handshakes and requests cut off anywhere, and noise.
    @Test func brokenHandshakesHarmNobody() throws {
        let server = try server()
        for count in 0..<200 {
            let client = try server.connect()
            try client.send([0x16, 0x03, 0x01, 0x00, UInt8(count)] + (0..<count).map { UInt8($0 &* 7 & 0xff) })
            if count % 2 == 0 { client.reset() }
        }
        #expect(try curl(server, "/a").output.hasPrefix("GET /a\n"))
    }
}
