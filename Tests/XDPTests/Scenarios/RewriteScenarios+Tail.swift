// Programs that move a packet's end.
extension Scenario {
    static let dhcpRelay: Scenario = {
        let discover: [UInt8] = [53, 1, 1, 55, 4, 1, 3, 6, 15, 50, 4, 10, 0, 0, 77]
        let offer: [UInt8] = [53, 1, 2, 54, 4, 10, 0, 0, 2, 51, 4, 0, 0, 14, 16]
        let agent: [UInt8] = [82, 6, 1, 4, 1, 0, 0, 0]
        func ask(_ options: [UInt8], hops: UInt8 = 0, relay: String = "0.0.0.0") -> Packet {
            Packet(dhcp(1, hops: hops, relay: relay, options: options))
        }
        func answer(_ options: [UInt8], flags: UInt16 = 0, relay: String = "10.0.0.1") -> Packet {
            Packet(dhcp(2, flags: flags, yours: "10.0.0.77", relay: relay, options: options))
        }
        let end: [UInt8] = [255]
        return Scenario(
            "rewrite/dhcp_relay",
            packets: [
                ask(discover + end), ask(discover + end + zeros(60)), ask(discover), ask(end), ask([]),
                ask(zeros(20) + end),
                ask(discover + end, hops: 3), ask(discover + end, hops: 4), ask(discover + end, relay: "10.9.9.9"),
                ask([53, 200] + zeros(30)), ask(zeros(23) + end), ask(zeros(24) + end), answer(offer + agent + end),
                answer(offer + agent + end + zeros(20)), answer(offer + end),
                answer(offer + agent + end, flags: 0x8000),
                answer(offer + agent + end, relay: "10.0.0.2"), answer(agent + offer + end), answer([82]), answer([]),
                Packet(dhcp(3, options: end)), Packet(dhcp(1, magic: 1, options: end)),
                Packet(dhcp(1, addressBytes: 7, options: end)),
                Packet(Array(dhcp(1, options: []).dropLast(1))),
                Packet(
                    eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 68, zeros(300))))),
                Packet(eth(EtherType.arp)),
            ])
    }()
}
