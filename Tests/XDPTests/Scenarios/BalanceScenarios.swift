// Programs that share load.
extension Scenario {
    static let services: Scenario = {
        let (virtual, backends) = ("10.96.0.10", ["10.0.1.1", "10.0.1.2", "10.0.2.1"])
        func key(_ address: String, _ port: UInt16, slot: UInt16 = 0, _ number: UInt8) -> [UInt8] {
            bytes(ip(address), be16(port), u16(slot), [number, 0, 0, 0])
        }
        func service(_ backend: UInt32, count: UInt16 = 0, index: UInt16 = 0) -> [UInt8] {
            bytes(u32(backend), u16(count), u16(index), zeros(4))
        }
        func segment(_ host: UInt8, _ flags: UInt8 = 2, port: UInt16 = 80, from: UInt16 = 4000, data: Int = 0) -> Packet
        {
            let payload = tcp(from, port, flags, zeros(data))
            return Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "192.168.0.\(host)", to: virtual, payload)))
        }
        func datagram(_ host: UInt8, port: UInt16 = 53) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.udp, from: "192.168.0.\(host)", to: virtual, udp(5000, port, [1, 2, 3]))))
        }
        func answer(_ backend: String, _ host: UInt8, to port: UInt16 = 4000, from: UInt16 = 8080, _ flags: UInt8 = 18)
            -> Packet
        {
            Packet(
                eth(
                    EtherType.ipv4, ipv4(IPProtocol.tcp, from: backend, to: "192.168.0.\(host)", tcp(from, port, flags))
                ))
        }
        var entries = [
            Entry("lb4_services_v2", key(virtual, 80, IPProtocol.tcp), service(0, count: 2, index: 1)),
            Entry("lb4_services_v2", key(virtual, 80, slot: 1, IPProtocol.tcp), service(11)),
            Entry("lb4_services_v2", key(virtual, 80, slot: 2, IPProtocol.tcp), service(12)),
            Entry("lb4_services_v2", key(virtual, 53, IPProtocol.udp), service(0, count: 1, index: 2)),
            Entry("lb4_services_v2", key(virtual, 53, slot: 1, IPProtocol.udp), service(13)),
            Entry("lb4_services_v2", key(virtual, 81, IPProtocol.tcp), service(0, count: 0, index: 3)),
            Entry("lb4_services_v2", key(virtual, 82, IPProtocol.tcp), service(0, count: 1, index: 4)),
            Entry("lb4_services_v2", key(virtual, 83, IPProtocol.tcp), service(0, count: 1, index: 5)),
            Entry("lb4_services_v2", key(virtual, 83, slot: 1, IPProtocol.tcp), service(99)),
            Entry("lb4_services_v2", key(virtual, 84, IPProtocol.tcp), service(0, count: 1, index: 6)),
            Entry("lb4_services_v2", key(virtual, 84, slot: 1, IPProtocol.tcp), service(11)),
            Entry("lb4_reverse_nat", u16(1), ip(virtual) + be16(80)),
            Entry("lb4_reverse_nat", u16(2), ip(virtual) + be16(53)),
        ]
        for (index, address) in backends.enumerated() {
            let port: UInt16 = index == 2 ? 5353 : 8080
            entries.append(Entry("lb4_backends_v3", u32(UInt32(11 + index)), bytes(ip(address), be16(port), [0, 0])))
        }
        return Scenario(
            "balance/services", function: "cil_xdp_entry", entries: entries,
            packets: (1...6).map { segment($0) } + (1...6).map { segment($0, 24, data: 100) }
                + (1...4).map { datagram($0) } + [
                    segment(1, 17), segment(1), segment(2, from: 4001), segment(3, port: 81), segment(3, port: 82),
                    segment(3, port: 83),
                    segment(3, port: 84), segment(3, port: 85), answer(backends[0], 1), answer(backends[1], 1),
                    answer(backends[0], 2),
                    answer(backends[1], 2), answer(backends[0], 3), answer(backends[1], 3), answer(backends[0], 9),
                    answer(backends[1], 2, from: 81),
                    Packet(
                        eth(
                            EtherType.ipv4,
                            ipv4(IPProtocol.udp, from: backends[2], to: "192.168.0.1", udp(5353, 5000, [7])))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: backends[2], to: virtual, icmp(8)))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "192.168.0.1", to: virtual, zeros(12)))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "192.168.0.1", to: virtual, zeros(7)))),
                    Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.arp)),
                ])
    }()

    static let gue: Scenario = {
        let (virtual, virtual6) = ("192.0.2.10", "2001:db8::10")
        func vip(_ address: [UInt8], _ port: UInt16, _ number: UInt8) -> [UInt8] {
            bytes(address, zeros(16 - address.count), be16(port), [number, 0])
        }
        func segment(_ host: Int, _ port: UInt16 = 443, flags: UInt8 = 16, size: Int = 0) -> Packet {
            let payload = tcp(5000, port, flags, zeros(size))
            return Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.\(host)", to: virtual, payload, tos: 0xb8)))
        }
        func segment6(_ host: Int, flags: UInt8 = 16) -> Packet {
            let payload = tcp(5000, 443, flags)
            return Packet(
                eth(EtherType.ipv6, ipv6(IPProtocol.tcp, from: "fd00::\(host)", to: virtual6, payload, traffic: 0x28)))
        }
        func quic(_ host: Int, _ header: [UInt8]) -> Packet {
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.\(host)", to: virtual, udp(5000, 443, header))))
        }
        /// A short header whose connection id names a real.
        func hint(_ real: UInt16) -> [UInt8] {
            [0x40, 0x40 | UInt8(real >> 10), UInt8(real >> 2 & 0xff), UInt8(real & 3) << 6] + zeros(8)
        }
        var entries = (0..<61).flatMap { place in
            [
                Entry("ch_rings", u32(61 + place), u32(1 + place % 3)),
                Entry("ch_rings", u32(122 + place), u32(4 + place % 2)),
                Entry("ch_rings", u32(place), u32(0)),
            ]
        }
        entries += (1...6).map { Entry("reals", u32($0), ip6("fd00:beef::\($0)")) }
        entries += [
            Entry("ctl_array", u32(0), mac(0xfe) + [0, 0]), Entry("ctl_array", u32(5), u64(0x0100)),
            Entry("vip_map", vip(ip(virtual), 443, IPProtocol.tcp), u32(0) + u32(1)),
            Entry("vip_map", vip(ip(virtual), 443, IPProtocol.udp), u32(4) + u32(2)),
            Entry("vip_map", vip(ip6(virtual6), 0, IPProtocol.tcp), u32(10) + u32(1)),
            Entry("vip_map", vip(ip(virtual), 25, IPProtocol.tcp), u32(8) + u32(0)),
        ]
        return Scenario(
            "balance/gue", entries: entries,
            packets: (1...5).map { segment($0, flags: 2) } + (1...7).map { segment($0, size: 50) }
                + (1...4).map { segment6($0) } + [
                    segment6(1, flags: 2), segment(1, 25), segment(1, 80), quic(1, hint(5)), quic(1, hint(1)),
                    quic(1, hint(99)),
                    quic(1, hint(0)), quic(1, [0xc0] + zeros(10)), quic(1, [0x40, 0x80] + zeros(10)), quic(1, zeros(8)),
                    quic(2, []),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: "10.0.0.1", to: virtual, icmp(8)))),
                    Packet(
                        eth(
                            EtherType.ipv4,
                            ipv4(IPProtocol.udp, from: "10.0.0.1", to: virtual, udp(1, 443), fragment: 0x2000))),
                    Packet(
                        eth(
                            EtherType.ipv4,
                            ipv4(IPProtocol.udp, from: "10.0.0.1", to: virtual, udp(1, 443), options: zeros(4)))),
                    Packet(eth(EtherType.ipv6, ipv6(44, from: "fd00::1", to: virtual6, zeros(8)))),
                    Packet(eth(EtherType.arp)),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: virtual, zeros(19)))),
                    Packet(eth(EtherType.ipv6, zeros(39))), Packet(eth(EtherType.ipv4, zeros(19))),
                    Packet(segment(1).bytes, metadata: zeros(16)),
                ])
    }()
}
