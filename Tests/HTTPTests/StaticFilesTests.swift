import Foundation
import Glibc
import HTTPTypes
import Testing

@testable import HTTP

@Suite struct StaticFilesTests {
    private static func makeFolder() throws -> String {
        let folder = NSTemporaryDirectory() + "swale-web-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder + "/css", withIntermediateDirectories: true)
        for (name, text) in [
            ("index.html", "<p>"), ("css/page.css", "p {}"), ("app.mjs", "x"), (".hidden", "no"), ("odd", "?"),
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        symlink("/etc/passwd", folder + "/link")
        return folder
    }

    private func ask(
        _ files: StaticFiles, _ target: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:]
    ) throws -> (response: Response, text: String) {
        let response = files.response(to: try Request(method: method, target: target, headers: headers))
        guard case .bytes(let bytes) = response.body else { return (response, "") }
        return (response, String(decoding: bytes, as: UTF8.self))
    }

    @Test func servesAFolder() throws {
        let folder = try Self.makeFolder()
        let files = try StaticFiles(directory: folder, headers: SecurityHeaders.page)
        try FileManager.default.removeItem(atPath: folder)
        #expect(files.paths == ["app.mjs", "css/page.css", "index.html", "odd"])
        for (target, text, type) in [
            ("/", "<p>", "text/html; charset=utf-8"), ("/index.html", "<p>", "text/html; charset=utf-8"),
            ("/css/page.css", "p {}", "text/css; charset=utf-8"), ("/app.mjs", "x", "text/javascript; charset=utf-8"),
            ("/odd", "?", "application/octet-stream"), ("/css/page.css?v=1", "p {}", "text/css; charset=utf-8"),
        ] {
            let answer = try ask(files, target)
            #expect(answer.response.status == .ok)
            #expect(answer.text == text)
            #expect(answer.response.headers[.contentType] == type)
            #expect(answer.response.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.response.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        }
    }

    @Test(arguments: [
        "/.hidden", "/link", "/css", "/css/", "/nothing", "//index.html", "/css%2Fpage.css", "/index.html/",
        "/..%2f..%2fetc/passwd", "/%2e%2e%2fetc%2fpasswd", "/css/..%5cindex.html", "/etc/passwd", "/index.html%20",
    ]) func servesNothingElse(_ target: String) throws {
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try ask(StaticFiles(directory: folder), target).response.status == .notFound)
    }

    @Test func answersConditions() throws {
        let files = StaticFiles(files: ["a.txt": Array("abc".utf8)])
        let first = try ask(files, "/a.txt").response
        let etag = try #require(first.headers[.eTag])
        let modified = try #require(first.headers[.lastModified])
        for (headers, isFresh) in [
            ([.ifNoneMatch: etag], true), ([.ifNoneMatch: "\"x,y\", W/\(etag)"], true), ([.ifNoneMatch: "*"], true),
            ([.ifNoneMatch: "\"x\""], false), ([.ifModifiedSince: modified], true),
            ([.ifModifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"], false), ([.ifModifiedSince: "yesterday"], false),
            ([.ifNoneMatch: "\"x\"", .ifModifiedSince: modified], false),
        ] as [(HTTPFields, Bool)] {
            let answer = try ask(files, "/a.txt", headers: headers)
            #expect(answer.response.status == (isFresh ? .notModified : .ok), "\(headers)")
            #expect(answer.response.headers[.eTag] == etag)
            #expect(answer.text == (isFresh ? "" : "abc"))
        }
        let other = StaticFiles(files: ["a.txt": Array("abd".utf8)])
        #expect(try ask(other, "/a.txt").response.headers[.eTag] != etag)
    }

    @Test func otherMethodsAreRefused() throws {
        let files = StaticFiles(files: ["index.html": []])
        let answer = try ask(files, "/", method: .put).response
        #expect(answer.status == .methodNotAllowed)
        #expect(answer.headers[.allow] == "GET, HEAD, OPTIONS")
        #expect(try ask(files, "/", method: .options).response.status == .noContent)
    }

    @Test func aFolderThatIsNotThereIsAnError() {
        #expect(throws: ServerError.self) { try StaticFiles(directory: "/nonexistent") }
    }

    @Test func notModifiedHasNoBodyOnTheWire() throws {
        let files = StaticFiles(files: ["index.html": Array("abc".utf8)])
        let server = try TestServer(handler: files)
        let client = try server.connect()
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n")
        let first = try #require(client.readAnswer())
        #expect(first.status == 304)
        try client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try #require(client.readAnswer()).body == Array("abc".utf8))
    }
}
