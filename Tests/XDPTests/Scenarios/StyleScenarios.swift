// Programs in the styles of other projects, and of other times.
extension Scenario {
    static let styles: [Scenario] = [
        hdrCursor, legacyMaps, allowList, denyList, signedAverages, globals, beforeBTF, numbered,
    ]

    private static let hdrCursor: Scenario = {
        func ping(_ sequence: UInt16, type: UInt8 = 128) -> Packet {
            let payload = icmp(type, rest: [0, 7] + be16(sequence))
            return Packet(eth(EtherType.ipv6, ipv6(IPProtocol.icmpv6, from: "fd00::1", to: "fd00::2", payload)))
        }
        func datagram(_ payload: [UInt8], tags: [(protocol: UInt16, tci: UInt16)] = []) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", payload), tags: tags))
        }
        return Scenario(
            "styles/hdr_cursor",
            packets: mixture + [
                ping(1), ping(2), ping(0xffff), ping(2, type: 129), datagram(udp(1, 0)),
                datagram(be16(1) + be16(2) + be16(7) + [0, 0]),
                datagram(udp(1, 2), tags: [(EtherType.vlan, 666)]),
                datagram(udp(1, 2), tags: [(EtherType.qinq, 666), (EtherType.vlan, 1)]),
                datagram(udp(1, 2), tags: [(EtherType.qinq, 1), (EtherType.vlan, 666)]),
            ])
    }()

    private static let legacyMaps = Scenario(
        "styles/legacy_maps",
        entries: [Entry("blacklist", ip("10.0.0.2"), u64(0)), Entry("limits", u32(0), u32(9))],
        packets: mixture + mixture)

    private static let filterEntries: [Entry] = [
        Entry("filter_ports", u32(0x5000), u64(5)), Entry("filter_ports", u32(0x3500), u64(15)),
        Entry("filter_ports", u32(0x0200), u64(8)),
        Entry("filter_ipv4", ip("10.0.0.2"), u64(1)), Entry("filter_ipv4", ip("10.0.0.9"), u64(2)),
        Entry("filter_ipv6", ip6("fd00::7"), u64(3)),
        Entry("filter_ethernet", mac(77), u64(3)), Entry("filter_ethernet", broadcast, u64(2)),
    ]
    private static let filterPackets =
        mixture + [
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.8", to: "10.0.0.9", udp(1, 80)))),
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.9", to: "10.0.0.8", udp(80, 1)))),
            Packet(eth(EtherType.arp, from: mac(77))), Packet(eth(EtherType.arp, to: mac(77))),
        ]
    private static let allowList = Scenario(
        "styles/feature_set", function: "xdpfilt_alw_all", entries: filterEntries, packets: filterPackets)
    private static let denyList = Scenario(
        "styles/feature_set", function: "xdpfilt_dny_all", entries: filterEntries, packets: filterPackets)

    private static let signedAverages: Scenario = {
        func sized(_ bytes: Int, vlan: UInt16) -> Packet {
            Packet(eth(EtherType.ipv4, zeros(bytes), tags: [(EtherType.vlan, vlan)]))
        }
        func probe(_ value: UInt16, _ divisor: UInt8) -> Packet {
            Packet(eth(0x88b5, be16(value) + [divisor, 0, 0, 0, 0, 0]))
        }
        return Scenario(
            "styles/isa_v4",
            packets: [60, 100, 1500, 1400, 40, 1500, 1500, 1500, 900, 1500, 1500, 1490, 1501, 1502, 1500, 1500].map {
                sized($0, vlan: 1)
            }
                + [1400, 1300, 1200, 1100, 1000, 40, 41, 42].map { sized($0, vlan: 2) } + [
                    probe(0, 1), probe(0x8000, 0xff), probe(0x8000, 1), probe(7, 0xfe), probe(0xfff9, 2),
                    probe(0xfff9, 0xfe),
                    probe(100, 0), probe(0x7fff, 0x80), probe(0xffff, 0x7f), Packet(eth(0x88b5, zeros(7))),
                    Packet(eth(EtherType.vlan, [1])),
                ])
    }()

    private static let globals: Scenario = {
        func setting(_ port: UInt16, _ number: UInt8, _ verdict: UInt8, _ limit: UInt32) -> [UInt8] {
            bytes(u16(port), [number, verdict], u32(limit))
        }
        func datagram(_ port: UInt16, _ size: Int = 0, tos: UInt8 = 0) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, port, zeros(size)), tos: tos)))
        }
        let list = setting(1, 17, 1, 0) + setting(2, 17, 2, 100) + setting(3, 17, 3, 0) + setting(4, 6, 3, 0)
        return Scenario(
            "styles/globals",
            constants: [
                ("settings", list + zeros(32)), ("setting_count", u32(4)), ("name", Array("edge".utf8) + zeros(12)),
                ("step", u32(7)),
            ],
            packets: (0..<16).map { datagram(3, $0, tos: UInt8($0 * 16)) } + [
                datagram(1), datagram(1, 5), datagram(2), datagram(2, 100), datagram(4), datagram(5), datagram(3),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "10.0.0.2", tcp(9, 4, 2)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "10.0.0.2", zeros(7)))),
                Packet(eth(EtherType.ipv4, zeros(20))), Packet(eth(EtherType.arp)),
            ])
    }()

    private static let numbered = Scenario(
        "styles/numbered", function: "xdp_main",
        entries: [
            Entry("map_ports", u16(80), u32(1)), Entry("map_ports", u16(2), u32(3)),
            Entry("map_ports", u16(443), u32(1)),
        ], packets: mixture)

    private static let beforeBTF = Scenario(
        "styles/before_btf", function: "filter",
        entries: [
            Entry("quotas", ip("10.0.0.1") + u32(0), u64(900)), Entry("quotas", ip("10.0.0.1") + u32(5), u64(100)),
            Entry("quotas", u32(0) + u32(1), u64(50)),
        ], packets: mixture + mixture)
}
