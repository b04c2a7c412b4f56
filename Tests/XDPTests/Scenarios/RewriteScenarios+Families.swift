// A program between IPv6 and IPv4.
extension Scenario {
    static let nat64: Scenario = {
        let (client, server) = ("fd00::1", "64:ff9b::c000:207")
        func packet(
            _ number: UInt8, _ payload: [UInt8], from: String? = nil, to: String? = nil, hops: UInt8 = 64,
            traffic: UInt8 = 0
        ) -> Packet {
            Packet(
                eth(
                    EtherType.ipv6,
                    ipv6(number, from: from ?? client, to: to ?? server, payload, hops: hops, traffic: traffic)))
        }
        func datagram(_ data: [UInt8], from: String? = nil) -> Packet {
            packet(IPProtocol.udp, udp(1000, 53, data), from: from)
        }
        var unchecked = datagram([1, 2, 3])
        unchecked.bytes.replaceSubrange(60..<62, with: [0, 0])
        return Scenario(
            "rewrite/nat64",
            entries: [
                Entry("leases", ip6(client), ip("198.51.100.1")), Entry("leases", ip6("fd00::2"), ip("198.51.100.2")),
                Entry("leases", ip6("ffff:ffff::1"), ip("255.255.255.255")),
            ],
            packets: [
                datagram([]), datagram([1]), datagram([1, 2, 3, 4, 5]), datagram([UInt8](repeating: 0xff, count: 100)),
                datagram(zeros(64), from: "fd00::2"), datagram([7], from: "ffff:ffff::1"),
                datagram([7], from: "fd00::3"),
                packet(IPProtocol.tcp, tcp(1, 80, 2)), packet(IPProtocol.tcp, tcp(1, 80, 24, [9, 9, 9]), hops: 2),
                packet(IPProtocol.tcp, tcp(1, 80, 2), hops: 1), packet(IPProtocol.tcp, tcp(1, 80, 2), hops: 0),
                packet(IPProtocol.tcp, tcp(1, 80, 2), to: "64:ff9b::"),
                packet(IPProtocol.tcp, tcp(1, 80, 2), to: "64:ff9b:0:0:1::1"),
                packet(IPProtocol.tcp, tcp(1, 80, 2), to: "fd00::9"), packet(IPProtocol.udp, udp(1, 2), traffic: 0xb8),
                packet(IPProtocol.icmpv6, icmp(128)), packet(IPProtocol.icmpv6, icmp(129, [1, 2, 3])),
                packet(IPProtocol.icmpv6, icmp(135)),
                packet(IPProtocol.icmpv6, zeros(7)), packet(IPProtocol.gre, zeros(8)), packet(IPProtocol.udp, zeros(7)),
                packet(IPProtocol.tcp, zeros(19)), unchecked, Packet(eth(EtherType.ipv6, zeros(39))),
                Packet(eth(EtherType.arp)),
                Packet(eth(EtherType.ipv4, zeros(40))),
            ])
    }()
}
