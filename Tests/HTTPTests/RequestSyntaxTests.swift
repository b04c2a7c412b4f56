import Foundation
import Testing

@testable import HTTP

/// Raw requests and the status that answers them (RFC 9112). Every refusal closes the connection, so that nothing of
/// what follows can be taken for a request.
@Suite struct RequestSyntaxTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var request: String
        var status: Int
        var testDescription: String { name }

        init(_ name: String, _ request: String, _ status: Int) {
            self.name = name
            self.request = request
            self.status = status
        }
    }

    private static let host = "Host: localhost\r\n"
    private static let end = "Host: localhost\r\nConnection: close\r\n\r\n"

    static let requestLines: [Case] = [
        Case("plain", "GET / HTTP/1.1\r\n\(end)", 200),
        Case("one empty line first", "\r\nGET / HTTP/1.1\r\n\(end)", 200),
        Case("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n\(end)", 400),
        Case("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200),
        Case("HTTP/1.2 is 1.1", "GET / HTTP/1.2\r\n\(end)", 200),
        Case("HTTP/2.0", "GET / HTTP/2.0\r\n\(end)", 505),
        Case("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        Case("HTTP/0.9", "GET /\r\n\r\n", 400),
        Case("lower case http", "GET / http/1.1\r\n\(end)", 400),
        Case("no minor version", "GET / HTTP/1\r\n\(end)", 400),
        Case("two digits", "GET / HTTP/1.10\r\n\(end)", 400),
        Case("two spaces before the target", "GET  / HTTP/1.1\r\n\(end)", 400),
        Case("two spaces after the target", "GET /  HTTP/1.1\r\n\(end)", 400),
        Case("a tab for a space", "GET\t/ HTTP/1.1\r\n\(end)", 400),
        Case("a space at the end", "GET / HTTP/1.1 \r\n\(end)", 400),
        Case("a space first", " GET / HTTP/1.1\r\n\(end)", 400),
        Case("method not a token", "G(T / HTTP/1.1\r\n\(end)", 400),
        Case("no method", " / HTTP/1.1\r\n\(end)", 400),
        Case("endless method", "\(String(repeating: "A", count: 40)) / HTTP/1.1\r\n\(end)", 501),
        Case("CONNECT", "CONNECT localhost:80 HTTP/1.1\r\n\(end)", 501),
        Case("bare LF", "GET / HTTP/1.1\n\(end)", 400),
        Case("bare CR", "GET / HTTP/1.1\rHost: localhost\r\n\r\n", 400),
        Case("NUL in the target", "GET /\0 HTTP/1.1\r\n\(end)", 400),
        Case("TLS on the plain port", "\u{16}\u{03}\u{01}\u{02}\u{00}", 400),
        Case("a long target", "GET /\(String(repeating: "a", count: 8190)) HTTP/1.1\r\n\(end)", 200),
        Case("too long a target", "GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\n\(end)", 414),
        Case("an endless target", "GET /\(String(repeating: "a", count: 9000))", 414),
    ]

    static let targets: [Case] = [
        Case("absolute", "GET http://localhost/a HTTP/1.1\r\n\(end)", 200),
        Case("absolute without a path", "GET http://localhost HTTP/1.1\r\n\(end)", 200),
        Case("absolute with only a query", "GET http://localhost?a=b HTTP/1.1\r\n\(end)", 200),
        Case(
            "absolute overrides Host", "GET http://localhost/ HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n", 200
        ),
        Case("absolute of another host", "GET http://other/ HTTP/1.1\r\n\(end)", 421),
        Case("absolute of another scheme", "GET https://localhost/ HTTP/1.1\r\n\(end)", 421),
        Case("absolute of no web scheme", "GET ftp://localhost/ HTTP/1.1\r\n\(end)", 400),
        Case("user information", "GET http://a@localhost/ HTTP/1.1\r\n\(end)", 400),
        Case("neither", "GET a/b HTTP/1.1\r\n\(end)", 400),
        Case("* for GET", "GET * HTTP/1.1\r\n\(end)", 400),
        Case("* for OPTIONS", "OPTIONS * HTTP/1.1\r\n\(end)", 204),
        Case("a fragment", "GET /a#b HTTP/1.1\r\n\(end)", 400),
        Case("raw UTF-8", "GET /\u{e4} HTTP/1.1\r\n\(end)", 400),
        Case("encoded UTF-8", "GET /%C3%A4 HTTP/1.1\r\n\(end)", 200),
        Case("encoded, not UTF-8", "GET /%C3 HTTP/1.1\r\n\(end)", 400),
        Case("half an encoding", "GET /%4 HTTP/1.1\r\n\(end)", 400),
        Case("no hex digits", "GET /%zz HTTP/1.1\r\n\(end)", 400),
        Case("encoded NUL", "GET /%00 HTTP/1.1\r\n\(end)", 400),
        Case("dot dot", "GET /a/../b HTTP/1.1\r\n\(end)", 400),
        Case("encoded dot dot", "GET /a/%2e%2E/b HTTP/1.1\r\n\(end)", 400),
        Case("dot", "GET /./b HTTP/1.1\r\n\(end)", 400),
        Case("an angle bracket", "GET /a?<b> HTTP/1.1\r\n\(end)", 400),
        Case("brackets in the query", "GET /?a[0]=1 HTTP/1.1\r\n\(end)", 200),
        Case("bad encoding in the query", "GET /?a=%x HTTP/1.1\r\n\(end)", 400),
    ]

    static let fields: [Case] = [
        Case("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
        Case("two Hosts", "GET / HTTP/1.1\r\n\(host)\(end)", 400),
        Case("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        Case("Host with a path", "GET / HTTP/1.1\r\nHost: localhost/\r\n\r\n", 400),
        Case("Host with a user", "GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n", 400),
        Case("Host with a list", "GET / HTTP/1.1\r\nHost: localhost, localhost\r\n\r\n", 400),
        Case("Host with a bad port", "GET / HTTP/1.1\r\nHost: localhost:99999\r\n\r\n", 400),
        Case("whitespace before the colon", "GET / HTTP/1.1\r\nX : y\r\n\(end)", 400),
        Case("obs-fold", "GET / HTTP/1.1\r\nX: y\r\n z\r\n\(end)", 400),
        Case("obs-fold of the first field", "GET / HTTP/1.1\r\n X: y\r\n\(end)", 400),
        Case("no colon", "GET / HTTP/1.1\r\nX\r\n\(end)", 400),
        Case("no name", "GET / HTTP/1.1\r\n: x\r\n\(end)", 400),
        Case("name not a token", "GET / HTTP/1.1\r\nX@: y\r\n\(end)", 400),
        Case("NUL in a value", "GET / HTTP/1.1\r\nX: a\0b\r\n\(end)", 400),
        Case("control in a value", "GET / HTTP/1.1\r\nX: a\u{01}b\r\n\(end)", 400),
        Case("DEL in a value", "GET / HTTP/1.1\r\nX: a\u{7f}b\r\n\(end)", 400),
        Case("bare CR in a value", "GET / HTTP/1.1\r\nX: a\rb\r\n\(end)", 400),
        Case("bare LF in a value", "GET / HTTP/1.1\r\nX: a\nb\r\n\(end)", 400),
        Case("a tab in a value", "GET / HTTP/1.1\r\nX: a\tb\r\n\(end)", 200),
        Case("UTF-8 in a value", "GET / HTTP/1.1\r\nX: \u{e4}\r\n\(end)", 200),
        Case("an empty value", "GET / HTTP/1.1\r\nX:\r\n\(end)", 200),
        Case("100 fields", "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 98))\(end)", 200),
        Case("101 fields", "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 99))\(end)", 431),
        Case("a large field", "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 17_000))\r\n\(end)", 431),
        Case("an endless field", "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 17_000))", 431),
        Case("another expectation", "PUT / HTTP/1.1\r\nExpect: cake\r\nContent-Length: 1\r\n\(end)", 417),
        Case("two expectations", "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\(end)", 417),
        Case("expectation of HTTP/1.0", "GET / HTTP/1.0\r\nExpect: cake\r\n\r\n", 200),
    ]

    static let lengths: [Case] = [
        Case("length", "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\(end)abc", 200),
        Case("length 0", "PUT / HTTP/1.1\r\nContent-Length: 0\r\n\(end)", 200),
        Case("leading zeros", "PUT / HTTP/1.1\r\nContent-Length: 0003\r\n\(end)abc", 200),
        Case("two lengths", "PUT / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\(end)abc", 400),
        Case("the same length twice", "PUT / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\(end)abc", 400),
        Case("a list of lengths", "PUT / HTTP/1.1\r\nContent-Length: 3, 3\r\n\(end)abc", 400),
        Case("a sign", "PUT / HTTP/1.1\r\nContent-Length: +3\r\n\(end)abc", 400),
        Case("negative", "PUT / HTTP/1.1\r\nContent-Length: -1\r\n\(end)", 400),
        Case("hex", "PUT / HTTP/1.1\r\nContent-Length: 0x3\r\n\(end)abc", 400),
        Case("not a number", "PUT / HTTP/1.1\r\nContent-Length: x\r\n\(end)", 400),
        Case("empty", "PUT / HTTP/1.1\r\nContent-Length:\r\n\(end)", 400),
        Case("a space inside", "PUT / HTTP/1.1\r\nContent-Length: 3 3\r\n\(end)", 400),
        Case("beyond 64 bits", "PUT / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\(end)", 413),
        Case("beyond the limit", "PUT /small HTTP/1.1\r\nContent-Length: 11\r\n\(end)", 413),
        Case("at the limit", "PUT /small HTTP/1.1\r\nContent-Length: 10\r\n\(end)0123456789", 200),
        Case("length and chunked", "PUT / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\(end)", 400),
        Case("chunked and length", "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\(end)", 400),
    ]

    static let codings: [Case] = [
        Case("chunked", chunked("3\r\nabc\r\n0\r\n\r\n"), 200),
        Case("other case", coded("Chunked", "0\r\n\r\n"), 200),
        Case("chunked in HTTP/1.0", "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        Case("gzip", coded("gzip", ""), 501),
        Case("gzip, chunked", coded("gzip, chunked", "0\r\n\r\n"), 501),
        Case("chunked, gzip", coded("chunked, gzip", "0\r\n\r\n"), 400),
        Case("chunked twice", coded("chunked, chunked", "0\r\n\r\n"), 400),
        Case("chunked in two fields", coded("chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), 400),
        Case("chunked, identity", coded("chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"), 400),
        Case("identity", coded("identity", ""), 501),
        Case("xchunked", coded("xchunked", ""), 501),
        Case("a parameter", coded("chunked;q=1", "0\r\n\r\n"), 400),
        Case("quoted", coded("\"chunked\"", "0\r\n\r\n"), 400),
        Case("a vertical tab", coded("\u{0b}chunked", "0\r\n\r\n"), 400),
        Case("empty", coded("", "0\r\n\r\n"), 400),
        Case("a comma", coded(",", "0\r\n\r\n"), 400),
    ]

    static let chunks: [Case] = [
        Case("two chunks", chunked("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), 200),
        Case("upper case size", chunked("A\r\n0123456789\r\n0\r\n\r\n"), 200),
        Case("leading zeros", chunked("0003\r\nabc\r\n000\r\n\r\n"), 200),
        Case("an extension", chunked("3;a=b;c=\"d e\"\r\nabc\r\n0;x\r\n\r\n"), 200),
        Case("trailers", chunked("3\r\nabc\r\n0\r\nX: y\r\nZ: w\r\n\r\n"), 200),
        Case("no size", chunked("\r\nabc\r\n0\r\n\r\n"), 400),
        Case("a sign", chunked("+3\r\nabc\r\n0\r\n\r\n"), 400),
        Case("0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400),
        Case("a space before", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400),
        Case("a space after", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400),
        Case("not hex", chunked("g\r\nabc\r\n0\r\n\r\n"), 400),
        Case("a huge size", chunked("ffffffffffffffff\r\n"), 413),
        Case("many zeros", chunked("\(String(repeating: "0", count: 100))\r\n\r\n"), 400),
        Case("bare LF after the size", chunked("3\nabc\r\n0\r\n\r\n"), 400),
        Case("bare CR after the size", chunked("3\rabc\r\n0\r\n\r\n"), 400),
        Case("longer than its size", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400),
        Case("LF after the data", chunked("3\r\nabc\n0\r\n\r\n"), 400),
        Case("LF in an extension", chunked("3;a\nabc\r\n0\r\n\r\n"), 400),
        Case("control in an extension", chunked("3;\u{01}\r\nabc\r\n0\r\n\r\n"), 400),
        Case("endless extensions", chunked("3;\(String(repeating: "a", count: 5000))"), 400),
        Case("trailer with a space", chunked("0\r\nX : y\r\n\r\n"), 400),
        Case("trailer that is folded", chunked("0\r\nX: y\r\n z\r\n\r\n"), 400),
        Case("trailer without a colon", chunked("0\r\nGET / HTTP/1.1\r\n\r\n"), 400),
        Case("large trailers", chunked("0\r\nX: \(String(repeating: "a", count: 17_000))"), 431),
        Case("many trailers", chunked("0\r\n\(String(repeating: "X: y\r\n", count: 102))"), 431),
        Case("too large together", small("6\r\nabcdef\r\n5\r\n"), 413),
        Case("just fits", small("6\r\nabcdef\r\n4\r\nghij\r\n0\r\n\r\n"), 200),
    ]

    private static func coded(_ coding: String, _ body: String) -> String {
        "PUT / HTTP/1.1\r\nTransfer-Encoding: \(coding)\r\n\(end)\(body)"
    }

    private static func chunked(_ body: String) -> String { coded("chunked", body) }

    private static func small(_ body: String) -> String {
        "PUT /small HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\(end)\(body)"
    }

    static let all = requestLines + targets + fields + lengths + codings + chunks

    @Test(arguments: all) func isAnsweredWith(_ one: Case) throws {
        let server = try TestServer()
        let answer = try server.exchange(one.request)
        #expect(answer.hasPrefix("HTTP/1.1 \(one.status) "), "\(answer)")
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "one answer: \(answer)")
        #expect(answer.contains("\r\nConnection: close\r\n"))
        if one.status >= 400 { #expect(answer.contains("\r\nContent-Type: application/problem+json\r\n")) }
    }

    /// A refused request takes what follows it along.
    @Test(arguments: all.filter { $0.status >= 400 }) func nothingFollowsARefusal(_ one: Case) throws {
        let server = try TestServer()
        let answer = try server.exchange(one.request + "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "\(answer)")
        #expect(!answer.contains("GET /smuggled"))
    }
}
