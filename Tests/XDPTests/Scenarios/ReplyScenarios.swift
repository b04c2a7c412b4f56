// Programs that answer instead of the host.
extension Scenario {
    static let replies: [Scenario] = [echo, arpProxy, synProxy, stun]

    private static let echo: Scenario = {
        func ping(
            _ payload: [UInt8], to: String = "192.0.2.1", ttl: UInt8 = 64, options: [UInt8] = [], fragment: UInt16 = 0
        ) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(
                        IPProtocol.icmp, from: "10.0.0.1", to: to, payload, ttl: ttl, fragment: fragment,
                        options: options)))
        }
        func ping6(_ payload: [UInt8], to: String = "fd00::1") -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.icmpv6, from: "fd00::99", to: to, payload)))
        }
        return Scenario(
            "reply/echo",
            entries: [
                Entry("own", bytes(ip("192.0.2.1"), zeros(12)), u32(1)),
                Entry("own", bytes(ip("192.0.2.2"), zeros(12)), u32(1)), Entry("own", ip6("fd00::1"), u32(1)),
            ],
            packets: [
                ping(icmp(8)), ping(icmp(8, [1, 2, 3, 4, 5])), ping(icmp(8), ttl: 1), ping(icmp(8), to: "192.0.2.2"),
                ping(icmp(8), to: "192.0.2.3"), ping(icmp(0)), ping(icmp(8, code: 1)), ping(icmp(3, code: 4)),
                ping(icmp(8), options: zeros(4)),
                ping(icmp(8), fragment: 0x2000), ping(icmp(8), fragment: 0x20), ping(zeros(7)), ping([]),
                ping(icmp(8, [UInt8](repeating: 0xff, count: 56), rest: [0xff, 0xff, 0xff, 0xff])),
                ping6(icmp(128)), ping6(icmp(128, [9, 8, 7])), ping6(icmp(129)), ping6(icmp(128), to: "fd00::2"),
                ping6(icmp(135)),
                ping6(zeros(7)), ping6(icmp(128, rest: [0xff, 0xff, 0xff, 0xff])),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "192.0.2.1", udp(1, 2)))),
                Packet(eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: "fd00::9", to: "fd00::1", udp(1, 2)))),
                Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(eth(EtherType.ipv6, zeros(39))),
            ])
    }()

    private static let arpProxy: Scenario = {
        func ask(_ target: String, from: String = "10.0.0.5", tags: [(protocol: UInt16, tci: UInt16)] = []) -> Packet {
            Packet(eth(EtherType.arp, arp(1, from: from, mac(5), to: target), to: broadcast, from: mac(5), tags: tags))
        }
        func changed(_ place: Int, _ byte: UInt8) -> Packet {
            var packet = ask("10.0.9.1")
            packet.bytes[14 + place] = byte
            return packet
        }
        return Scenario(
            "reply/arp",
            entries: [
                Entry("hosts", ip("10.0.9.1"), u32(1)), Entry("hosts", ip("10.0.9.2"), u32(1)),
                Entry("hosts", ip("10.0.0.1"), u32(2)),
            ],
            packets: [
                ask("10.0.9.1"), ask("10.0.9.2"), ask("10.0.9.3"), ask("10.0.0.1"), ask("10.0.9.1", from: "10.0.0.6"),
                ask("10.0.9.1", from: "10.0.0.1"), ask("10.0.9.1", from: "10.0.9.1"), ask("10.0.0.7", from: "10.0.0.7"),
                ask("10.0.9.1", tags: [(EtherType.vlan, 10)]), ask("10.0.9.2", tags: [(EtherType.vlan, 0xe00b)]),
                ask("10.0.9.1", tags: [(EtherType.qinq, 1), (EtherType.vlan, 10)]),
                Packet(eth(EtherType.arp, arp(2, from: "10.0.0.5", mac(7), to: "10.0.0.9", mac(9)))),
                Packet(eth(EtherType.arp, arp(2, from: "10.0.0.1", mac(7), to: "10.0.0.9", mac(9)))),
                Packet(eth(EtherType.arp, arp(3, from: "10.0.0.8", mac(8), to: "10.0.9.1"))),
                changed(1, 6), changed(2, 9), changed(4, 7), changed(5, 16), changed(7, 9),
                Packet(eth(EtherType.arp, zeros(27))), Packet(eth(EtherType.arp)), Packet(eth(EtherType.vlan, [0, 1])),
                Packet(eth(EtherType.ipv4, zeros(28))), Packet(eth(EtherType.arp, zeros(28))),
            ])
    }()
}
