import Foundation
import HTTP
import Logging
import PacketIO
import Switching
import Verifier

@testable import ControlAPI

/// The API on a free loopback port, with a dataplane of its own, for the time of one test.
final class TestService {
    let dataplane: Dataplane
    let service: ControlService
    let server: HTTPServer
    let port: Int

    init(
        webRoot: String? = nil, pcapDirectory: String? = nil, verifierLimits: Verifier.Limits = Verifier.Limits()
    ) throws {
        dataplane = try Dataplane(options: DataplaneOptions(pinning: .none))
        service = ControlService(
            configuration: ControlConfiguration(
                webRoot: webRoot, openAPIPath: Fixture.root + "/openapi.yaml", version: "1.2.3",
                pcapDirectory: pcapDirectory, verifierLimits: verifierLimits),
            dataplane: dataplane)
        var configuration = ServerConfiguration(.tcp(host: "127.0.0.1", port: 0))
        configuration.logger.logLevel = .error
        server = HTTPServer(configuration: configuration, handler: service)
        guard case .tcp(_, let port) = try server.start()[0] else { fatalError("no TCP address") }
        self.port = port
    }

    deinit {
        server.shutdown(deadline: 0.2)
        dataplane.stop()
    }

    /// One request on a connection of its own.
    func call(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: [UInt8]? = nil
    ) throws -> Reply {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        let client = try Connection(port: port)
        try client.send(Array((text + "\r\n").utf8) + (body ?? []))
        return try Reply(client.readToEnd())
    }

    /// A request with a JSON body.
    func call(
        _ method: String, _ target: String, _ headers: [String: String] = [:], json: String
    ) throws -> Reply {
        var headers = headers
        headers["Content-Type"] = headers["Content-Type"] ?? "application/json"
        return try call(method, target, headers, body: Array(json.utf8))
    }

    func putProgram(
        _ name: String, _ object: [UInt8], options: String? = nil, query: String = "", headers: [String: String] = [:]
    ) throws -> Reply {
        guard let options else {
            return try call(
                "PUT", "/v1/programs/\(name)\(query)",
                headers.merging(["Content-Type": "application/octet-stream"]) { $1 }, body: object)
        }
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"object\"; filename=\"a.o\"\r\n\r\n"
        let middle =
            "\r\n--xyz\r\nContent-Disposition: form-data; name=\"options\"\r\nContent-Type: application/json\r\n\r\n"
        let body = Array(head.utf8) + object + Array((middle + options + "\r\n--xyz--\r\n").utf8)
        return try call(
            "PUT", "/v1/programs/\(name)\(query)",
            headers.merging(["Content-Type": "multipart/form-data; boundary=\"xyz\""]) { $1 }, body: body)
    }

    /// A switch with ports in memory, which are numbered from 0.
    func makeSwitch(_ name: String, ports: [String]) throws -> [MemoryPort] {
        _ = try call("PUT", "/v1/switches/\(name)")
        return try ports.map { port in
            _ = try call("PUT", "/v1/switches/\(name)/ports/\(port)", json: #"{"backend":"memory"}"#)
            guard let memory = service.control.state.switches[name]?.ports[port]?.memory else {
                throw Fixture.Failure(description: "no port \(port)")
            }
            return memory
        }
    }
}
