// A program that changes the options of TCP.
extension Scenario {
    static let mssClamp: Scenario = {
        func syn(
            _ options: [UInt8], flags: UInt8 = 2, to: String = "192.0.2.1", tags: [(protocol: UInt16, tci: UInt16)] = []
        ) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.tcp, from: "10.0.0.1", to: to, tcp(4000, 80, flags, options: options)),
                    tags: tags))
        }
        func syn6(_ options: [UInt8], to: String = "fd00::2") -> Packet {
            Packet(
                eth(EtherType.ipv6, ipv6(IPProtocol.tcp, from: "fd00::1", to: to, tcp(4000, 80, 2, options: options))))
        }
        let mss: [UInt8] = [2, 4, 0x05, 0xb4]
        let (sack, time, scale): ([UInt8], [UInt8], [UInt8]) = ([4, 2], [8, 10] + zeros(8), [3, 3, 7])
        return Scenario(
            "rewrite/mss_clamp",
            entries: [
                Entry("paths", bytes(ip("192.0.2.9"), zeros(12)), u16(1000)), Entry("paths", ip6("fd00::9"), u16(1200)),
                Entry("paths", bytes(ip("192.0.2.8"), zeros(12)), u16(9000)),
            ],
            packets: [
                syn(mss), syn(mss + sack + time + [1] + scale), syn([2, 4, 5, 0]), syn([2, 4, 0x05, 0x50]),
                syn([2, 4, 0x05, 0x51]),
                syn([1] + mss + [0, 0, 0]), syn([1, 1, 1] + mss + [0]), syn([1] + sack + mss + [1]),
                syn(sack + mss + [0, 0]), syn(mss, to: "192.0.2.9"),
                syn(mss, to: "192.0.2.8"), syn([1, 1, 1, 1, 1, 1] + mss + [0, 0]), syn([0, 0] + sack),
                syn([2, 3, 5, 0]), syn([2, 4, 5] + [0]),
                syn([1, 1, 1, 2]), syn([1, 1, 2, 4]), syn([8, 10, 0, 0]), syn([254, 0, 0, 0]), syn([254, 1, 0, 0]),
                syn([254, 4, 0, 0] + mss),
                syn([]), syn(mss, flags: 16), syn(mss, flags: 18), syn(mss, tags: [(EtherType.vlan, 7)]), syn6(mss),
                syn6(mss, to: "fd00::9"),
                syn6(sack + [1, 1]), Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(20))),
                Packet(eth(EtherType.ipv6, zeros(20))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2)))),
                Packet(Array(syn(mss + sack + [1, 1]).bytes.dropLast(3))),
                Packet(Array(syn(sack + mss + [1, 1]).bytes.dropLast(8))),
            ])
    }()
}
