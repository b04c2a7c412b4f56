// Programs that change packets.
extension Scenario {
    static let rewrites: [Scenario] = [nat44, vlanStack, mpls, vxlan, dhcpRelay, trim, nat64, mssClamp, allocator]

    private static let nat44: Scenario = {
        let (outside, remote) = ("203.0.113.1", "198.51.100.7")
        func tcpFrom(_ host: String, _ port: UInt16, _ flags: UInt8 = 2, to: String? = nil, data: [UInt8] = [])
            -> Packet
        {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: host, to: to ?? remote, tcp(port, 80, flags, data))))
        }
        func back(_ port: UInt16, _ number: UInt8 = IPProtocol.tcp) -> Packet {
            let payload = number == IPProtocol.tcp ? tcp(80, port, 18) : udp(53, port, [1, 2, 3])
            return Packet(eth(EtherType.ipv4, ipv4(number, from: remote, to: outside, payload)))
        }
        func udpFrom(_ host: String, _ port: UInt16, _ data: [UInt8]) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: host, to: remote, udp(port, 53, data))))
        }
        var unchecked = udpFrom("10.1.0.3", 5002, [1])
        unchecked.bytes[40] = 0
        unchecked.bytes[41] = 0
        func endpoint(_ address: String, _ port: UInt16, _ number: UInt8) -> [UInt8] {
            bytes(ip(address), be16(port), [number, 0])
        }
        // The pool's places but two are taken.
        let taken = (8..<64).map { place in
            Entry(
                "inward", endpoint(outside, 40000 + UInt16(place), IPProtocol.udp),
                endpoint("10.9.9.9", 1, IPProtocol.udp))
        }
        return Scenario(
            "rewrite/nat44",
            constants: [("inside", ip("10.0.0.0")), ("inside_mask", ip("255.0.0.0")), ("outside", ip(outside))],
            entries: [
                Entry("inward", endpoint(outside, 443, IPProtocol.tcp), endpoint("10.0.0.80", 8443, IPProtocol.tcp))
            ] + taken,
            packets: [
                tcpFrom("10.1.0.1", 1000), back(40000), tcpFrom("10.1.0.1", 1000, 16, data: [1, 2, 3]),
                tcpFrom("10.1.0.2", 1000),
                back(40001), back(40002), udpFrom("10.1.0.1", 5000, [1, 2, 3]), back(40002, IPProtocol.udp), unchecked,
                udpFrom("10.1.0.4", 5004, zeros(31)), back(443), back(444), tcpFrom("10.1.0.1", 1, to: "10.2.0.1"),
                tcpFrom("192.168.0.1", 1), udpFrom("10.1.1.1", 6000, []), udpFrom("10.1.1.2", 6000, []),
                udpFrom("10.1.1.3", 6000, [0xff]), udpFrom("10.1.1.4", 6000, []), udpFrom("10.1.1.5", 6000, []),
                udpFrom("10.1.1.6", 6000, []), udpFrom("10.1.1.7", 6000, []),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: "10.1.0.1", to: remote, icmp(8)))),
                Packet(
                    eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.1.0.1", to: remote, udp(1, 2), fragment: 0x2000))
                ),
                Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(19))),
            ])
    }()

    private static let vlanStack: Scenario = {
        func rule(_ verb: UInt16, _ vlan: UInt16 = 0, _ type: UInt16 = EtherType.vlan) -> [UInt8] {
            bytes(u16(verb), u16(vlan), u16(type), [0, 0])
        }
        let payload = ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2), tos: 0xb8)
        let payload6 = ipv6(IPProtocol.udp, from: "fd00::1", to: "fd00::2", udp(1, 2), traffic: 0x68)
        func tagged(_ tci: UInt16, _ type: UInt16 = EtherType.vlan) -> Packet {
            Packet(eth(EtherType.ipv4, payload, tags: [(type, tci)]))
        }
        return Scenario(
            "rewrite/vlan_stack",
            entries: [
                Entry("rules", u16(0), rule(1, 100)), Entry("rules", u16(10), rule(1, 200, EtherType.qinq)),
                Entry("rules", u16(200), rule(2)), Entry("rules", u16(20), rule(3, 21)),
                Entry("rules", u16(30), rule(4)),
                Entry("rules", u16(40), rule(5)), Entry("rules", u16(50), rule(6)), Entry("rules", u16(60), rule(0)),
                Entry("rules", u16(70), rule(99)),
            ],
            packets: [
                Packet(eth(EtherType.ipv4, payload)), Packet(eth(EtherType.ipv6, payload6)), Packet(eth(EtherType.arp)),
                Packet(eth(EtherType.ipv4, payload), metadata: [1, 2, 3, 4]), tagged(10), tagged(0xe00a),
                tagged(200, EtherType.qinq),
                Packet(eth(EtherType.ipv4, payload, tags: [(EtherType.qinq, 200), (EtherType.vlan, 10)])), tagged(20),
                tagged(0xf014), tagged(30), tagged(40), tagged(0xe028), tagged(50), tagged(60), tagged(70), tagged(80),
                tagged(0),
                Packet(eth(EtherType.ipv6, payload6, tags: [(EtherType.vlan, 40)])), Packet(eth(EtherType.vlan, [0])),
                Packet(eth(EtherType.arp, tags: [(EtherType.vlan, 40)])), Packet(eth(EtherType.ipv4, zeros(3))),
                Packet(eth(EtherType.vlan, [0, 200])), Packet(eth(EtherType.vlan, [0, 200, 8, 0])),
            ])
    }()

    private static let mpls: Scenario = {
        let four = ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2))
        let six = ipv6(IPProtocol.udp, from: "fd00::1", to: "fd00::2", udp(1, 2))
        func stack(_ labels: [UInt32], ttl: UInt32 = 64, _ payload: [UInt8]) -> Packet {
            let entries = labels.enumerated().flatMap { index, label in
                be32(label << 12 | (index == labels.count - 1 ? 0x100 : 0) | ttl)
            }
            return Packet(eth(EtherType.mpls, entries + payload))
        }
        func hop(_ label: UInt32) -> [UInt8] { bytes(u32(label), mac(UInt8(label & 0xff)), [0, 0]) }
        return Scenario(
            "rewrite/mpls",
            entries: [
                Entry("labels", u32(100), hop(0)), Entry("labels", u32(101), hop(0)),
                Entry("labels", u32(200), hop(300)),
                Entry("labels", u32(0xfffff), hop(0xffffe)),
            ],
            packets: [
                stack([100], four), stack([101], four), stack([100], six), stack([100, 101], four),
                stack([100, 101, 100], six),
                stack([100, 100, 100, 100], four), stack([100, 100, 100, 100, 100], four), stack([200], four),
                stack([200, 100], six),
                stack([100, 200], four), stack([0xfffff], four), stack([400], four), stack([100, 400], four),
                stack([100], ttl: 1, four),
                stack([100], ttl: 2, four), stack([200], ttl: 0, four), stack([200], ttl: 255, four),
                stack([100], zeros(20)),
                stack([100], zeros(19)), stack([100, 101], []), stack([], [0, 1]), stack([100], [0x45]),
                Packet(eth(EtherType.mpls)),
                Packet(eth(EtherType.ipv4, four)), Packet(eth(EtherType.arp)),
            ])
    }()

    private static let vxlan: Scenario = {
        let inner = eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2)), from: mac(9))
        func tunnel(
            _ network: UInt32, from: String = "192.0.2.1", flags: UInt32 = 0x0800_0000, port: UInt16 = 4789,
            _ frame: [UInt8]
        ) -> Packet {
            let payload = be32(flags) + be32(network << 8) + frame
            return Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: from, to: "192.0.2.9", udp(50000, port, payload))))
        }
        let group = eth(EtherType.arp, from: [1, 0, 0, 0, 0, 9])
        return Scenario(
            "rewrite/vxlan",
            entries: [
                Entry("networks", u32(7), u32(70)), Entry("networks", u32(0xffffff), u32(71)),
                Entry("peers", ip("192.0.2.1"), u64(0)),
                Entry("peers", ip("192.0.2.2"), u64(5)),
            ],
            packets: [
                tunnel(7, inner), tunnel(7, from: "192.0.2.2", inner), tunnel(7, inner), tunnel(0xffffff, inner),
                tunnel(8, inner),
                tunnel(7, from: "192.0.2.3", inner), tunnel(7, flags: 0, inner), tunnel(7, flags: 0xffff_ffff, inner),
                tunnel(7, port: 4790, inner), tunnel(7, group), tunnel(7, zeros(14)), tunnel(7, zeros(13)),
                tunnel(7, []),
                tunnel(7, zeros(60)), tunnel(7, eth(EtherType.ipv6, zeros(40), from: mac(77))), tunnel(0, inner),
                Packet(tunnel(7, inner).bytes, metadata: [1, 2, 3, 4, 5, 6, 7, 8]),
                Packet(tunnel(7, inner).bytes, metadata: zeros(32)),
                Packet(
                    eth(
                        EtherType.ipv4, ipv4(IPProtocol.udp, from: "192.0.2.1", to: "192.0.2.9", udp(1, 4789, zeros(7)))
                    )),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "192.0.2.1", to: "192.0.2.9", tcp(1, 4789, 2)))),
                Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "192.0.2.1", to: "192.0.2.9", zeros(7)))),
            ])
    }()
}
