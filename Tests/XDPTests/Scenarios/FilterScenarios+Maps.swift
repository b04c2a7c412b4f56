// Programs whose maps are of rarer types.
extension Scenario {
    static let tenants: Scenario = {
        func from(_ host: Int, _ vlan: UInt16?) -> Packet {
            let packet = ipv4(IPProtocol.udp, from: "10.0.0.\(host)", to: "10.0.0.2", udp(1, 2))
            return Packet(eth(EtherType.ipv4, packet, tags: vlan.map { [(EtherType.vlan, $0)] } ?? []))
        }
        return Scenario(
            "filter/tenants",
            entries: [
                Entry("tenants", u16(1), .map([(ip("10.0.0.1"), u32(1)), (ip("10.0.0.2"), u32(2))])),
                Entry("tenants", u16(2), .map([(ip("10.0.0.1"), u32(3)), (ip("10.0.0.9"), u32(9))])),
                Entry("tenants", u16(3), .map([])),
                Entry("tables", u32(1), .map([])), Entry("tables", u32(2), .map([(u32(1), u64(100))])),
                Entry("tables", u32(0), .map([])),
                Entry("common", ip("10.0.0.1"), u32(1)), Entry("common", ip("10.0.0.3"), u32(3)),
            ],
            packets: [1, 2, 3, 9].flatMap { host in [nil, 1, 2, 3, 4, 9, 0xe001].map { from(host, $0) } } + [
                Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.arp)),
                Packet(eth(EtherType.vlan, [0, 1])),
            ])
    }()

    static let bloom: Scenario = {
        func packet(_ from: String, _ to: String, _ source: UInt16, _ destination: UInt16, _ number: UInt8 = 17)
            -> Packet
        {
            let payload = number == 17 ? udp(source, destination) : tcp(source, destination, 2)
            return Packet(eth(EtherType.ipv4, ipv4(number, from: from, to: to, payload)))
        }
        let (inside, outside) = ("10.0.0.1", "192.0.2.1")
        return Scenario(
            "filter/bloom",
            packets: (1...6).map { packet(inside, outside, $0, 53) } + (1...6).map { packet(outside, inside, 53, $0) }
                + (20...32).map { packet(outside, inside, 53, $0) } + [
                    packet(inside, outside, 1, 53, 6), packet(outside, inside, 53, 1, 6),
                    packet(outside, inside, 53, 2, 6),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: inside, to: outside, icmp(8)))),
                    Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: inside, to: outside, [1, 2, 3]))),
                    Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.arp)),
                ])
    }()

    static let allocator: Scenario = {
        func segment(_ host: Int, _ flags: UInt8 = 2) -> Packet {
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.\(host)", to: "192.0.2.1", tcp(1, 80, flags))))
        }
        return Scenario(
            "rewrite/allocator", entries: (1...3).map { Entry("pool", [], ip("203.0.113.\($0)")) },
            packets: [
                segment(1), segment(2), segment(1, 16), segment(3), segment(4), segment(4), segment(4), segment(4),
                segment(1, 17),
                segment(4), segment(1), segment(2, 4), segment(1), segment(3, 24), segment(5), segment(5), segment(5),
                segment(3),
                segment(3, 17), segment(3, 17), segment(5), segment(6, 17), segment(7, 16), segment(8), segment(9),
                segment(9, 16), segment(1, 18), segment(2, 24), segment(3, 25),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2)))),
                Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.arp)),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "10.0.0.2", zeros(19)))),
            ])
    }()
}
