// Programs that use text, locks, callbacks and rings.
extension Scenario {
    static let text: Scenario = {
        func say(_ line: String, port: UInt16 = 7, from: String = "10.0.0.1") -> Packet {
            let payload = Array(line.utf8) + zeros(max(0, 32 - line.utf8.count))
            return Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: from, to: "10.0.0.2", udp(1234, port, payload))))
        }
        return Scenario(
            "measure/text",
            packets: [
                say("HELLO"), say("HELLO world"), say("HELL"), say("hello"), say("SET 1 2"), say("SET 7 -99"),
                say("SET 0x10 0x7f"),
                say("SET 010 +5"), say("SET 4294967296 1"), say("SET 3 9223372036854775807"),
                say("SET 3 92233720368547758070"), say("SET x 1"),
                say("SET -1 1"), say("SET 5"), say("SET 5 x"), say("SET  6  7"), say("SET 99999999999 1"), say("GET 1"),
                say("GET 7"), say("GET 16"),
                say("GET 8"), say("GET 0"), say("GET"), say("GET  1"), say("QUIT"), say("QUITE"),
                say("", from: "255.1.2.3"), say("SET 3 -9223372036854775808"),
                say("HELLO", port: 8),
                Packet(
                    eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 7, zeros(31))))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "10.0.0.2", tcp(1, 7, 2)))),
                Packet(eth(EtherType.arp)),
            ])
    }()

    static let locked: Scenario = {
        func from(_ host: Int, _ size: Int) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.\(host)", to: "10.0.0.2", udp(1, 2, zeros(size)))
                ))
        }
        // The lock itself has no value to compare.
        return Scenario(
            "measure/locked",
            packets: (1...20).map { from(1, $0 * 20) } + (1...12).map { from(2, 700 + $0) } + [
                from(3, 0), from(3, 3000), Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(eth(EtherType.ipv6, zeros(40))),
            ])
    }()

    static let callbacks: Scenario = {
        func header(_ next: UInt8, _ bytes: Int = 8) -> [UInt8] { [next, UInt8(bytes / 8 - 1), 1] + zeros(bytes - 3) }
        func packet(_ next: UInt8, _ payload: [UInt8], from host: Int = 1) -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(next, from: "fd00::\(host)", to: "fd00::2", payload)))
        }
        let datagram = udp(1, 2, [1, 2, 3])
        let many: [Packet] = (1...40).map { packet(IPProtocol.udp, datagram, from: $0 % 7) }
        return Scenario(
            "measure/callbacks",
            packets: many + [
                packet(0, header(17) + datagram), packet(0, header(60) + header(17, 16) + datagram),
                packet(60, header(0) + header(17)), packet(43, header(17) + datagram),
                packet(43, [17, 0, 0] + zeros(5) + datagram),
                packet(44, header(17) + datagram), packet(44, zeros(7)), packet(0, zeros(7)),
                packet(0, header(60, 64) + header(17)),
                packet(60, (0..<7).flatMap { _ in header(60) } + header(17)),
                packet(60, (0..<8).flatMap { _ in header(60) } + header(17)),
                packet(60, (0..<6).flatMap { _ in header(60) } + header(17)), packet(59, []),
                packet(58, icmp(128), from: 99),
                packet(60, [60, 255] + zeros(60)), packet(43, []), Packet(eth(EtherType.ipv6, zeros(39))),
                Packet(eth(EtherType.arp)),
            ])
    }()

    static let sampler = Scenario(
        "measure/sampler",
        entries: [Entry("watched", ip("10.0.0.2"), u64(0)), Entry("watched", ip("10.0.0.1"), u64(0))],
        packets: mixture + mixture)
}
