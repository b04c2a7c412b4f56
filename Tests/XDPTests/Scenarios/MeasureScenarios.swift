// Programs that count and sample.
extension Scenario {
    static let measurements: [Scenario] = [sizes, flows, jumbo, text, callbacks, locked, sampler]

    /// Packets of every kind that a host sees.
    static let mixture: [Packet] = {
        let (one, two) = ("10.0.0.1", "10.0.0.2")
        let (six, seven) = ("fd00::6", "fd00::7")
        return [
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: two, tcp(1000, 80, TCPFlags.syn)))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: two, to: one, tcp(80, 1000, 18)))),
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: two, tcp(1000, 80, 24, zeros(500)), tos: 0x28))),
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: two, tcp(1000, 80, 24, zeros(1400)), tos: 0xb8))
            ),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: two, tcp(1000, 80, 17)))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: two, to: one, tcp(80, 1000, 4)))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: two, udp(53, 53, zeros(2000))))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: two, udp(53, 53)))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: two, udp(53, 53), fragment: 0x2000))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: two, zeros(100), fragment: 0x0100))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: two, udp(9, 9), options: [7, 4, 0, 0]))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: one, to: two, icmp(8)))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.gre, from: one, to: two, [0, 0, 8, 0]))),
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.tcp, from: six, to: seven, tcp(2000, 443, TCPFlags.syn)))),
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.tcp, from: six, to: seven, tcp(2000, 443, 17), traffic: 0xb8))),
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: six, to: seven, udp(53, 53, zeros(64))))),
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.icmpv6, from: six, to: seven, icmp(135)))),
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: two, udp(1, 2)), tags: [(EtherType.vlan, 10)])),
            Packet(
                eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: six, to: seven, udp(1, 2)), tags: [(EtherType.vlan, 11)])
            ),
            Packet(
                eth(
                    EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: two, tcp(5, 6, 2)),
                    tags: [(EtherType.qinq, 3), (EtherType.vlan, 10)])),
            Packet(eth(EtherType.arp, arp(1, from: one, mac(1), to: two), to: broadcast)),
            Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.ipv4, zeros(20))),
            Packet(eth(EtherType.ipv6, zeros(39))), Packet(eth(EtherType.vlan, [0, 1])),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: two, zeros(19)))),
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: six, to: seven, zeros(7)))), Packet(eth(0x88cc)),
        ]
    }()

    private static let sizes = Scenario("measure/sizes", packets: mixture)

    private static let flows = Scenario(
        "measure/flows", packets: mixture + mixture, ignored: ["flows": [0..<16], "ended": [0..<16]])
}
