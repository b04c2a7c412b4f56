// Programs that look into TCP.
extension Scenario {
    static let sni: Scenario = {
        func hash(_ text: String) -> [UInt8] {
            u64(text.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        }
        func stream(_ payload: [UInt8], port: UInt16 = 443, options: [UInt8] = []) -> Packet {
            let segment = tcp(50000, port, 24, payload, options: options)
            return Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "192.0.2.1", segment)))
        }
        var version = clientHello("ok.example")
        version[1] = 2
        return Scenario(
            "filter/sni",
            entries: [
                Entry("servers", hash("bad.example"), u32(4)), Entry("servers", hash("ok.example"), u32(3)),
                Entry("servers", hash("*evil.org"), u32(4)), Entry("servers", hash("good.evil.org"), u32(3)),
            ],
            packets: [
                stream(clientHello("bad.example")), stream(clientHello("ok.example")),
                stream(clientHello("other.example")),
                stream(clientHello("www.evil.org")), stream(clientHello("good.evil.org")),
                stream(clientHello("a.b.evil.org")),
                stream(clientHello("evil.org")), stream(clientHello(nil)),
                stream(clientHello("bad.example", session: 0)),
                stream(clientHello("bad.example", suites: 40)),
                stream(clientHello("bad.example", before: [(10, 4), (43, 0), (51, 30)])),
                stream(clientHello(nil, before: [(10, 4), (43, 3)])),
                stream(clientHello("bad.example"), options: zeros(12)),
                stream(clientHello("bad.example"), port: 8443), stream(clientHello("bad.example", kind: 1)),
                stream(clientHello("bad.example", session: 33)), stream(version), stream([]), stream([22, 3, 1]),
                stream(Array(clientHello("bad.example").dropLast(1))),
                stream(Array(clientHello("ok.example").prefix(60))),
                stream(clientHello("0123456789.0123456789.0123456789.0123456789.0123456789")), stream(zeros(60)),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "192.0.2.1", udp(1, 443)))),
                Packet(eth(EtherType.arp)),
            ])
    }()

    static let http: Scenario = {
        func stream(_ text: String, port: UInt16 = 80, options: [UInt8] = []) -> Packet {
            let segment = tcp(50000, port, 24, Array(text.utf8), options: options)
            return Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "192.0.2.1", segment)))
        }
        func path(_ text: String) -> [UInt8] {
            let bytes = Array(text.utf8)
            return u32(UInt32(8 * bytes.count)) + bytes + zeros(16 - bytes.count)
        }
        return Scenario(
            "filter/http",
            entries: [
                Entry("ports", u16(80), [1]), Entry("ports", u16(8080), [1]), Entry("methods", u32(5), u64(0) + u64(1)),
                Entry("forbidden", path("/admin"), u64(0)), Entry("forbidden", path("/etc/passwd"), u64(0)),
            ],
            packets: [
                stream("GET / HTTP/1.1\r\n\r\n"), stream("GET /admin HTTP/1.1\r\n"),
                stream("GET /admin/users HTTP/1.1\r\n"),
                stream("GET /adm HTTP/1.1\r\n"), stream("HEAD /etc/passwd HTTP/1.1"), stream("POST /form HTTP/1.1\r\n"),
                stream("POST /administration HTTP/1.1\r\n"), stream("PUT /x HTTP/1.1\r\n"),
                stream("DELETE /x HTTP/1.1\r\n"),
                stream("TRACE / HTTP/1.1\r\n"), stream("DELETE", port: 8080), stream("GET /a"), stream("GET /ad"),
                stream("GET /admin HTTP/1.1\r\n", options: zeros(20)), stream("get / HTTP/1.1\r\n"),
                stream("HTTP/1.1 200 OK\r\n"),
                stream("TRACE /admin HTTP/1.1\r\n", port: 8080), stream("TRACE / HTTP/1.1\r\n", port: 443), stream(""),
                stream("GET /0123456789abcdef0123 HTTP/1.1"), stream("OPTIONS * HTTP/1.1\r\n"),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "192.0.2.1", udp(1, 80)))),
                Packet(eth(EtherType.arp)),
            ])
    }()
}
