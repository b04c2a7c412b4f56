// Programs that redirect through maps.
extension Scenario {
    static let bridge: Scenario = {
        func frame(_ from: UInt8, _ to: [UInt8]) -> Packet {
            Packet(eth(EtherType.ipv4, zeros(40), to: to, from: mac(from)))
        }
        func uplink(_ last: UInt8) -> [UInt8] { [2, 0xee, 0, 0, 0, last] }
        func station(_ interface: UInt32) -> [UInt8] { u32(interface) + zeros(8) }
        return Scenario(
            "forward/bridge",
            entries: [
                // The loopback interface is the only one that is everywhere.
                Entry("ports", u32(1), u32(1) + u32(0)), Entry("ports", u32(7), u32(1) + u32(0)),
                Entry("uplinks", u32(3), u32(1)),
                Entry("stations", mac(70), station(7)), Entry("stations", mac(80), station(8)),
            ],
            packets: [
                frame(1, mac(2)), frame(2, mac(1)), frame(1, mac(70)), frame(1, mac(80)), frame(70, mac(1)),
                frame(1, mac(70)),
                frame(1, uplink(3)), frame(1, uplink(4)), frame(1, uplink(99)), frame(1, broadcast),
                frame(1, broadcast),
                frame(1, broadcast), frame(1, broadcast), frame(1, broadcast), frame(1, broadcast), frame(3, broadcast),
                frame(1, [1, 0, 0x5e, 0, 0, 1]), frame(1, [1, 0x80, 0xc2, 0, 0, 0]),
                frame(1, [1, 0x80, 0xc2, 0, 0, 0x0e]),
                frame(1, [1, 0x80, 0xc2, 0, 0, 0x10]), frame(0xaa, mac(1)), frame(1, mac(0xaa)), frame(4, mac(5)),
                frame(5, mac(4)),
                Packet(eth(EtherType.arp, from: broadcast)), Packet(eth(EtherType.arp, to: broadcast, from: mac(9))),
            ])
    }()

    static let spread: Scenario = {
        func from(_ host: Int) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.\(host)", to: "192.0.2.1", udp(1, 2))))
        }
        func back(_ host: Int) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "192.0.2.1", to: "10.0.0.\(host)", udp(2, 1))))
        }
        func from6(_ host: Int) -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.tcp, from: "fd00::\(host)", to: "fd00::99", tcp(1, 2, 2))))
        }
        return Scenario(
            "forward/spread",
            entries: [
                Entry("cpus", u32(0), u32(64) + u32(0)), Entry("available", u32(1), u32(5)),
                Entry("available", u32(2), u32(0)),
                Entry("available", u32(3), u32(7)),
            ],
            packets: (1...8).map(from) + (1...8).map(back) + (1...8).map(from6) + [
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "192.0.2.1", udp(1, 9999)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "192.0.2.1", tcp(1, 9999, 2)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "192.0.2.1", zeros(7)))),
                Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(eth(EtherType.ipv6, zeros(39))),
            ])
    }()
}
