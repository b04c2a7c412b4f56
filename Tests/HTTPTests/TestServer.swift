import CLinux
import Foundation
import Glibc
import HTTPTypes
import Logging

@testable import HTTP

/// A server on a free loopback port for the time of one test.
final class TestServer: Sendable {
    let server: HTTPServer
    let addresses: [ListenAddress]

    /// - Parameter adjust: changes the configuration before the start.
    init(
        handler: any RequestHandler = EchoHandler(), address: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
        adjust: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = ServerConfiguration(address)
        configuration.logger.logLevel = .error
        adjust(&configuration)
        server = HTTPServer(configuration: configuration, handler: handler)
        addresses = try server.start()
    }

    deinit {
        server.shutdown(deadline: 0.2)
    }

    var port: Int {
        guard case .tcp(_, let port) = addresses[0] else { return 0 }
        return port
    }

    func connect() throws -> RawClient {
        try RawClient(port: port)
    }

    /// Sends bytes on a connection of their own and returns all that comes back until the server closes.
    func exchange(_ request: String, seconds: Double = 5) throws -> String {
        let client = try connect()
        try client.send(request)
        return client.readToEnd(seconds: seconds)
    }
}

/// Answers with what it was asked: method, target, path segments, query and body.
struct EchoHandler: RequestHandler {
    var limit = 1 << 20

    func bodyLimit(for request: Request) -> Int { request.path == "/small" ? 10 : limit }

    func handle(_ request: Request, _ responder: Responder) {
        let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        let text = """
            \(request.method) \(request.rawTarget)
            segments=\(request.pathSegments.joined(separator: "|"))
            query=\(query)
            body=\(String(decoding: request.body, as: UTF8.self))

            """
        responder.respond(.text(text))
    }
}
