import HTTPTypes
import Synchronization
import Testing

@testable import HTTP

@Suite struct RouterTests {
    private static func route(_ method: HTTPRequest.Method, _ template: String, accepts: [String]? = nil) -> Route {
        Route(method, template, accepts: accepts) { request, responder in
            let names = ["m", "key", "path"]
            let values = names.compactMap { name in request.parameters.value(name).map { "\(name)=\($0)" } }
            responder.respond(.text(([template] + values).joined(separator: " ")))
        }
    }

    static let router = Router([
        route(.get, "/"), route(.get, "/v1/maps"), route(.get, "/v1/maps/{m}"), route(.put, "/v1/maps/{m}"),
        route(.delete, "/v1/maps/{m}"), route(.get, "/v1/maps/{m}/entries/{key}"), route(.get, "/v1/maps/special"),
        route(.get, "/v1/maps/{m}/entries"), route(.post, "/v1/maps/{m}/batch", accepts: ["application/json"]),
        route(.get, "/files/{path...}"), route(.get, "/v1/maps/special/only"), route(.head, "/headed"),
        route(.get, "/headed"),
    ])

    private func ask(
        _ method: HTTPRequest.Method, _ target: String, headers: HTTPFields = [:], body: String = ""
    ) throws -> (status: Int, headers: HTTPFields, text: String) {
        let answer = Mutex<Response?>(nil)
        let request = try Request(method: method, target: target, headers: headers, body: Array(body.utf8))
        Self.router.handle(request, Responder { response in answer.withLock { $0 = response } })
        let response = try #require(answer.withLock { $0 })
        guard case .bytes(let bytes) = response.body else { return (response.status.code, response.headers, "") }
        return (response.status.code, response.headers, String(decoding: bytes, as: UTF8.self))
    }

    @Test(arguments: [
        ("/", "/"), ("/v1/maps", "/v1/maps"), ("/v1/maps/bridge.fdb", "/v1/maps/{m} m=bridge.fdb"),
        ("/v1/maps/a%2Fb", "/v1/maps/{m} m=a/b"), ("/v1/maps/a%20b", "/v1/maps/{m} m=a b"),
        ("/v1/maps/a:b", "/v1/maps/{m} m=a:b"), ("/v1/maps/...", "/v1/maps/{m} m=..."),
        ("/v1/maps/special", "/v1/maps/special"), ("/v1/maps/special/only", "/v1/maps/special/only"),
        ("/v1/maps/special/entries", "/v1/maps/{m}/entries m=special"),
        ("/v1/maps/m/entries/0x01", "/v1/maps/{m}/entries/{key} m=m key=0x01"),
        ("/files/a/b/c.css", "/files/{path...} path=a/b/c.css"), ("/v1/maps?x=/y", "/v1/maps"),
    ]) func finds(_ target: String, _ text: String) throws {
        let answer = try ask(.get, target)
        #expect(answer.status == 200)
        #expect(answer.text == text)
    }

    @Test(arguments: ["/v1", "/v1/maps/", "/v1/maps//entries", "/v2", "/v1/maps/m/entries/k/x", "//", "/V1/maps"])
    func notFound(_ target: String) throws {
        let answer = try ask(.get, target)
        #expect(answer.status == 404)
        #expect(answer.headers[.contentType] == "application/problem+json")
    }

    @Test(arguments: [
        ("/v1/maps/x", "POST", "GET, HEAD, PUT, DELETE, OPTIONS"), ("/v1/maps", "DELETE", "GET, HEAD, OPTIONS"),
        ("/v1/maps", "TRACE", "GET, HEAD, OPTIONS"), ("/v1/maps/x/batch", "GET", "POST, OPTIONS"),
        ("/v1/maps/x/batch", "HEAD", "POST, OPTIONS"),
    ]) func methodNotAllowed(_ target: String, _ method: String, _ allow: String) throws {
        let answer = try ask(HTTPRequest.Method(method)!, target)
        #expect(answer.status == 405)
        #expect(answer.headers[.allow] == allow)
        let options = try ask(.options, target)
        #expect(options.status == 204)
        #expect(options.headers[.allow] == allow)
    }

    @Test func headIsAnsweredByGet() throws {
        #expect(try ask(.head, "/v1/maps").text == "/v1/maps")
    }

    @Test(arguments: ["BREW", "get"]) func unknownMethods(_ method: String) throws {
        #expect(try ask(HTTPRequest.Method(method)!, "/v1/maps").status == 501)
    }

    @Test func mediaTypes() throws {
        let target = "/v1/maps/x/batch"
        #expect(
            try ask(.post, target, headers: [.contentType: "Application/JSON; charset=utf-8"], body: "{}").status == 200
        )
        #expect(try ask(.post, target).status == 200)
        let wrong = try ask(.post, target, headers: [.contentType: "text/plain"], body: "{}")
        #expect(wrong.status == 415)
        #expect(wrong.headers[.accept] == "application/json")
        #expect(try ask(.post, target, body: "{}").status == 415)
        let coded = try ask(
            .post, target, headers: [.contentType: "application/json", .contentEncoding: "gzip"], body: "{}")
        #expect(coded.status == 415)
        #expect(coded.headers[.acceptEncoding] == "identity")
    }

    @Test func bodyLimitsAreTheRoutes() throws {
        var router = Router()
        router.on(.put, "/big", bodyLimit: 5_000_000) { _, responder in responder.respond(.text("")) }
        router.on(.put, "/small", bodyLimit: 5) { _, responder in responder.respond(.text("")) }
        #expect(router.bodyLimit(for: try Request(method: .put, target: "/big")) == 5_000_000)
        #expect(router.bodyLimit(for: try Request(method: .put, target: "/small")) == 5)
        #expect(router.bodyLimit(for: try Request(method: .get, target: "/big")) == 1 << 16)
        let server = try TestServer(handler: router)
        let text = try server.exchange("PUT /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func theFallbackTakesTheRest() throws {
        let router = Router(
            [Self.route(.get, "/a")],
            fallback: ClosureHandler { request, responder in responder.respond(.text("fallback \(request.path)")) })
        let server = try TestServer(handler: router)
        #expect(try server.exchange("GET /b HTTP/1.0\r\n\r\n").hasSuffix("fallback /b"))
        #expect(try server.exchange("GET /a HTTP/1.0\r\n\r\n").hasSuffix("/a"))
    }
}
