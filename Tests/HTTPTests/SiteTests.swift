import Testing

@testable import HTTP

/// Host and Origin: what a browser may be led to ask.
@Suite struct SiteTests {
    @Test(arguments: [
        ("localhost", 200), ("LOCALHOST", 200), ("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:8080", 200),
        ("evil.example", 421), ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421), ("[::2]", 421),
        ("switch.example:8080", 200), ("switch.example", 421), ("[::1", 400), ("::1", 400), ("%6cocalhost", 400),
    ]) func hosts(_ host: String, _ status: Int) throws {
        let server = try TestServer { $0.allowedHosts.append("switch.example:8080") }
        let answer = try server.exchange("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
    }

    @Test(
        arguments: ["POST", "PUT", "PATCH", "DELETE", "QUERY"],
        [
            ("", 200), ("Origin: http://localhost:8080\r\n", 200), ("Origin: HTTP://LOCALHOST:8080\r\n", 200),
            ("Origin: http://localhost\r\n", 403), ("Origin: http://localhost:81\r\n", 403),
            ("Origin: https://localhost:8080\r\n", 403), ("Origin: http://127.0.0.1:8080\r\n", 403),
            ("Origin: http://evil.example\r\n", 403), ("Origin: null\r\n", 403), ("Origin:\r\n", 403),
            ("Origin: http://localhost:8080/\r\n", 403),
            ("Origin: http://localhost:8080\r\nOrigin: http://localhost:8080\r\n", 403),
            ("Sec-Fetch-Site: cross-site\r\n", 403), ("Sec-Fetch-Site: same-site\r\n", 403),
            ("Sec-Fetch-Site: same-origin\r\n", 200), ("Sec-Fetch-Site: none\r\n", 200),
        ]
    ) func writes(_ method: String, _ origin: (fields: String, status: Int)) throws {
        let server = try TestServer()
        let answer = try server.exchange(
            "\(method) / HTTP/1.1\r\nHost: localhost:8080\r\n\(origin.fields)Connection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 \(origin.status) "), "\(answer)")
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS"]) func readsMayComeFromAnywhere(_ method: String) throws {
        let server = try TestServer()
        let answer = try server.exchange(
            "\(method) / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(!answer.lowercased().contains("access-control-allow"))
    }

    @Test(arguments: [("http://localhost", 80), ("http://localhost:80", 80)])
    func theDefaultPortIsTheSameOrigin(_ origin: String, _ port: Int) throws {
        let server = try TestServer()
        for host in ["localhost", "localhost:80"] {
            let answer = try server.exchange(
                "PUT / HTTP/1.1\r\nHost: \(host)\r\nOrigin: \(origin)\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }
}
