// Programs that send packets on: routers, balancers, bridges.
extension Scenario {
    static let forwarders: [Scenario] = [staticRoutes, tunnelBalancer, gue, fib, services, bridge, spread]

    private static let staticRoutes: Scenario = {
        func to(_ address: String, from: String = "10.0.0.1", ttl: UInt8 = 64) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: from, to: address, udp(1, 2), ttl: ttl)))
        }
        func to6(_ address: String, from: String = "fd00::1", hops: UInt8 = 64) -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: from, to: address, udp(1, 2), hops: hops)))
        }
        func route(_ hops: UInt32, _ first: UInt32) -> [UInt8] { u32(hops) + u32(first) }
        return Scenario(
            "forward/static_routes",
            entries: [
                Entry("routes4", bytes(u32(8), ip("172.0.0.0")), route(1, 0)),
                Entry("routes4", bytes(u32(16), ip("172.16.0.0")), route(4, 1)),
                Entry("routes4", bytes(u32(24), ip("172.16.9.0")), route(0, 0)),
                Entry("routes4", bytes(u32(32), ip("172.1.1.1")), route(1, 64)),
                Entry("routes6", bytes(u32(16), ip6("fd00::")), route(3, 2)),
                Entry("routes6", bytes(u32(64), ip6("fd00:1::")), route(0, 0)),
            ] + (0..<6).map { Entry("next_hops", u32($0), bytes(mac(UInt8(100 + $0)), mac(UInt8(200 + $0)), u32(1))) },
            packets: [
                to("172.1.0.1"), to("172.1.1.1"), to("172.16.9.9"), to("10.0.0.9"), to("172.1.0.1", ttl: 1),
                to("172.1.0.1", ttl: 2),
                to("172.1.0.1", ttl: 0), to6("fd00::9"), to6("fd00:1::9"), to6("fe80::1"), to6("fd00::9", hops: 1),
                to6("fd00::9", hops: 2), Packet(eth(EtherType.ipv4, zeros(20))), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(eth(EtherType.ipv6, zeros(39))), Packet(eth(EtherType.arp, to: broadcast)),
                Packet(eth(EtherType.arp)),
                Packet(
                    eth(
                        EtherType.ipv4,
                        ipv4(IPProtocol.udp, from: "10.0.0.1", to: "172.1.0.1", udp(1, 2), options: zeros(4)))),
                Packet(
                    eth(
                        EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "172.1.0.1", udp(1, 2)),
                        to: [1, 0, 0x5e, 0, 0, 1])),
            ] + (1...12).map { to("172.16.1.\($0)", from: "10.0.\($0).1") }
                + (1...8).map { to6("fd00::\($0)", from: "fd00::f\($0)") })
    }()

    private static let tunnelBalancer: Scenario = {
        let (virtual, other) = ("192.0.2.100", "192.0.2.101")
        func key(_ address: String, _ port: UInt16, _ number: UInt8) -> [UInt8] {
            bytes(ip(address), be16(port), u16(UInt16(number)))
        }
        func syn(_ host: Int, to: String? = nil, port: UInt16 = 80, flags: UInt8 = 2, data: Int = 0) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(
                        IPProtocol.tcp, from: "10.0.1.\(host)", to: to ?? virtual, tcp(4000, port, flags, zeros(data)),
                        tos: 8)))
        }
        func datagram(_ host: Int, port: UInt16, from: UInt16 = 999, data: Int = 0) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.udp, from: "10.0.1.\(host)", to: virtual, udp(from, port, zeros(data)))))
        }
        let ring = (0..<64).map { Entry("ring", u32(64 + UInt32($0)), u32(1 + UInt32($0 * 7 % 3))) }
        let second = (0..<64).map { Entry("ring", u32(128 + UInt32($0)), u32(4 + UInt32($0 * 5 % 2))) }
        return Scenario(
            "balance/tunnel",
            entries: ring + second + (1...5).map { Entry("servers", u32($0), ip("10.100.0.\($0)")) } + [
                Entry("services", key(virtual, 80, IPProtocol.tcp), u32(1) + u32(0)),
                Entry("services", key(virtual, 443, IPProtocol.tcp), u32(2) + u32(1)),
                Entry("services", key(virtual, 53, IPProtocol.udp), u32(2) + u32(2)),
                Entry("services", key(virtual, 54, IPProtocol.udp), u32(3) + u32(0)),
                Entry("services", key(virtual, 0, IPProtocol.icmp), u32(0) + u32(0)),
            ],
            packets: (1...6).map { syn($0) } + (1...3).map { syn($0, flags: 16, data: 40) }
                + (1...4).map { syn($0, port: 443) } + [
                    syn(1, port: 443, flags: 17), syn(7, flags: 24, data: 1441), syn(7, flags: 24, data: 1440),
                    syn(7, flags: 24, data: 1442),
                    datagram(1, port: 53), datagram(1, port: 53, from: 1000), datagram(2, port: 53),
                    datagram(1, port: 54),
                    datagram(1, port: 55), datagram(3, port: 53, data: 1500), datagram(3, port: 54, data: 2500),
                    syn(1, to: other),
                    Packet(
                        eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: "10.0.1.1", to: virtual, icmp(8, [1, 2, 3])))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: "10.0.1.1", to: virtual, icmp(0)))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: "10.0.1.1", to: other, icmp(8)))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.gre, from: "10.0.1.1", to: virtual, zeros(8)))),
                    Packet(
                        eth(
                            EtherType.ipv4,
                            ipv4(IPProtocol.udp, from: "10.0.1.1", to: virtual, udp(1, 53), fragment: 0x2000))),
                    Packet(
                        eth(
                            EtherType.ipv4,
                            ipv4(IPProtocol.udp, from: "10.0.1.1", to: virtual, udp(1, 53), options: zeros(8)))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.1.1", to: virtual, zeros(19)))),
                    Packet(eth(EtherType.arp)),
                    Packet(Array(syn(7, flags: 24, data: 1450).bytes[..<42])),
                    Packet(Array(syn(7, flags: 24, data: 1450).bytes[..<60])),
                ])
    }()
}
