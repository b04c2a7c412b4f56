import Testing

@testable import swale

@Suite struct ClientTests {
    @Test(
        arguments: [
            ("http://127.0.0.1:8080", .tcp(host: "127.0.0.1", port: 8080)),
            ("http://localhost/", .tcp(host: "localhost", port: 80)),
            ("http://[::1]:81", .tcp(host: "::1", port: 81)),
            ("unix:/run/swale.sock", .unix(path: "/run/swale.sock")),
            ("https://127.0.0.1", nil),
            ("http://", nil),
            ("http://a/v1", nil),
            ("http://a:65536", nil),
            ("unix:", nil),
            ("127.0.0.1:8080", nil),
        ] as [(String, Endpoint?)])
    func endpoint(text: String, expected: Endpoint?) {
        #expect(Endpoint(text) == expected)
    }

    @Test func pathsAreEncoded() {
        #expect(
            Client.path("v1", "maps", "a/b ?", query: [("x", "1&2"), ("y", nil)]) == "/v1/maps/a%2Fb%20%3F?x=1%262")
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length:0\r\n\r\n", 201, ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n", 200,
            "abc0123456789"
        ),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"),
    ])
    func reply(text: String, status: Int, body: String) throws {
        let reply = try #require(try ReplyParser.parse(Array(text.utf8)))
        #expect(reply.status == status)
        #expect(String(decoding: reply.body, as: UTF8.self) == body)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ])
    func incompleteReply(text: String) throws {
        #expect(try ReplyParser.parse(Array(text.utf8)) == nil)
    }

    @Test func whatIsNoReply() {
        #expect(throws: Failure.self) { try ReplyParser.parse(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8)) }
    }
}
