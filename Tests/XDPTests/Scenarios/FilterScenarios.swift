// Programs that let packets pass or not.
extension Scenario {
    static let filters: [Scenario] = [prefixes, rateLimit, rules, dns, knock, sni, http, conntrack, bloom, tenants]

    private static let prefixes: Scenario = {
        func rule(_ action: UInt32) -> [UInt8] { bytes(u32(action), zeros(20)) }
        func from(_ source: String, tags: [(protocol: UInt16, tci: UInt16)] = []) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: source, to: "192.0.2.1", udp(9, 53)), tags: tags))
        }
        func from6(_ source: String) -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: source, to: "fd00::1", udp(9, 53))))
        }
        return Scenario(
            "filter/prefixes",
            entries: [
                Entry("rules4", bytes(u32(8), ip("10.0.0.0")), rule(1)),
                Entry("rules4", bytes(u32(16), ip("10.1.0.0")), rule(0)),
                Entry("rules4", bytes(u32(32), ip("10.1.2.3")), rule(2)),
                Entry("rules4", bytes(u32(24), ip("172.16.5.0")), rule(7)),
                Entry("rules6", bytes(u32(32), ip6("2001:db8::")), rule(1)),
                Entry("rules6", bytes(u32(48), ip6("2001:db8:1::")), rule(0)),
                Entry("rules6", bytes(u32(128), ip6("2001:db8:1::7")), rule(2)),
            ],
            packets: [
                from("10.0.0.1"), from("10.1.0.1"), from("10.1.2.3"), from("10.1.2.4"), from("10.2.0.1"),
                from("172.16.5.9"), from("172.16.6.9"), from("11.0.0.1"), from("9.255.255.255"),
                from("10.1.2.3", tags: [(EtherType.vlan, 5)]),
                from("10.9.9.9", tags: [(EtherType.qinq, 7), (EtherType.vlan, 5)]),
                from6("2001:db8::1"), from6("2001:db8:1::1"), from6("2001:db8:1::7"), from6("2001:db8:1::8"),
                from6("2001:db9::1"), from6("fe80::1"),
                Packet(eth(EtherType.arp, arp(1, from: "10.0.0.1", mac(2), to: "10.0.0.2"))),
                Packet(eth(EtherType.ipv4)), Packet(eth(EtherType.ipv6, zeros(39))),
                Packet(eth(EtherType.ipv4, zeros(20))),
                Packet(eth(0x1234)),
            ])
    }()

    private static let rateLimit: Scenario = {
        func from(_ source: String) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: source, to: "192.0.2.1", udp(9, 53))))
        }
        func from6(_ source: String, _ port: UInt16) -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.tcp, from: source, to: "fd00::1", tcp(port, 80, TCPFlags.syn))))
        }
        let ports: [UInt16] = [1, 2, 3, 4, 5, 6, 7]
        return Scenario(
            "filter/rate_limit", constants: [("interval_ns", u64(3_600_000_000_000))],
            packets: [from("10.0.0.1"), from("10.0.0.1"), from("10.0.0.2"), from("10.0.0.1"), from("10.0.0.1")]
                + [from("10.0.0.1"), from("10.0.0.1"), from("10.0.0.2"), from("10.0.0.3")]
                + (1...9).map { from("10.7.0.\($0)") } + ports.map { from6("fd00::9", $0) }
                + [
                    Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(19))),
                    Packet(eth(EtherType.ipv6, zeros(3))),
                ],
            ignored: ["buckets": [0..<8]])
    }()

    private static let rules: Scenario = {
        func rule(
            _ source: String, _ sourceBits: Int, _ destination: String, _ destinationBits: Int,
            ports: (UInt16, UInt16) = (0, 65535), protocol number: UInt8 = 0, flags: UInt8 = 0, mask: UInt8 = 0,
            _ verdict: UInt8
        ) -> [UInt8] {
            func bits(_ count: Int) -> [UInt8] { be32(count == 0 ? 0 : UInt32.max << UInt32(32 - count)) }
            return bytes(
                ip(source), bits(sourceBits), ip(destination), bits(destinationBits), u16(ports.0), u16(ports.1),
                [number, flags, mask, verdict])
        }
        func packet(_ source: String, _ destination: String, _ number: UInt8, _ payload: [UInt8]) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(number, from: source, to: destination, payload)))
        }
        let (server, client) = ("192.0.2.10", "10.0.0.7")
        let list: [[UInt8]] = [
            rule("10.0.0.0", 8, server, 32, ports: (22, 22), protocol: IPProtocol.tcp, 3),
            rule("0.0.0.0", 0, server, 32, ports: (80, 443), protocol: IPProtocol.tcp, flags: 2, mask: 0x12, 1),
            rule("10.66.0.0", 16, "0.0.0.0", 0, 2),
            rule("0.0.0.0", 0, "192.0.2.0", 24, ports: (53, 53), protocol: IPProtocol.udp, 1),
            rule("0.0.0.0", 0, "192.0.2.0", 24, protocol: IPProtocol.icmp, 1),
        ]
        return Scenario(
            "filter/rules",
            entries: list.enumerated().map { Entry("rules", u32(UInt32($0)), $1) },
            packets: [
                packet(client, server, IPProtocol.tcp, tcp(1000, 22, TCPFlags.syn)),
                packet("11.0.0.1", server, IPProtocol.tcp, tcp(1000, 22, TCPFlags.syn)),
                packet(client, server, IPProtocol.tcp, tcp(1000, 80, TCPFlags.ack)),
                packet(client, server, IPProtocol.tcp, tcp(1000, 80, TCPFlags.syn)),
                packet(client, server, IPProtocol.tcp, tcp(1000, 80, TCPFlags.ack)),
                packet(client, server, IPProtocol.tcp, tcp(1000, 80, TCPFlags.ack | TCPFlags.psh, [1, 2, 3])),
                packet(client, server, IPProtocol.tcp, tcp(1001, 443, TCPFlags.syn | TCPFlags.ack)),
                packet(client, server, IPProtocol.tcp, tcp(1001, 443, TCPFlags.syn)),
                packet(client, server, IPProtocol.tcp, tcp(1001, 444, TCPFlags.syn)),
                packet("10.66.1.1", server, IPProtocol.udp, udp(5000, 53)),
                packet("10.67.1.1", server, IPProtocol.udp, udp(5000, 53)),
                packet("10.67.1.1", server, IPProtocol.udp, udp(5000, 53)),
                packet("10.67.1.1", server, IPProtocol.udp, udp(5000, 54)),
                packet("10.67.1.1", "192.0.3.1", IPProtocol.udp, udp(5000, 53)),
                packet(client, server, IPProtocol.icmp, icmp(8)),
                packet(client, server, IPProtocol.gre, [0, 0, 8, 0]),
                Packet(
                    eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: client, to: server, udp(1, 53), options: zeros(8)))),
                Packet(
                    eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: client, to: server, udp(2, 53), fragment: 0x2000))),
                Packet(
                    eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: client, to: server, udp(3, 53), fragment: 0x2010))),
                packet(client, server, IPProtocol.tcp, zeros(19)), packet(client, server, IPProtocol.udp, zeros(7)),
                Packet(eth(EtherType.ipv4, zeros(20))), Packet(eth(EtherType.ipv6, zeros(40))),
                Packet(eth(EtherType.arp)),
            ])
    }()
}
