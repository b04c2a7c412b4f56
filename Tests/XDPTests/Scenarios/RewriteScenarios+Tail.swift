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

    static let trim: Scenario = {
        func datagram(_ payload: Int, tos: UInt8 = 0, id: UInt16 = 7, behind: [UInt8] = []) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2, zeros(payload)), tos: tos, id: id))
                    + behind)
        }
        func trailer(_ sequence: UInt32, id: UInt16 = 7, error: UInt32 = 0) -> [UInt8] {
            let sum = (sequence &* 2_654_435_761) ^ UInt32(id.byteSwapped)
            return bytes(be32(0x5377_616c), be32(sequence), be32(sum ^ error))
        }
        var longer = datagram(10)
        longer.bytes[17] += 1
        return Scenario(
            "rewrite/trim",
            packets: [
                datagram(0), datagram(4, behind: zeros(14)), datagram(100), datagram(100, behind: [1, 2, 3]),
                datagram(1238), datagram(1239),
                datagram(1240), datagram(2500), datagram(5, tos: 0x48), datagram(5, tos: 0x48, behind: zeros(13)),
                datagram(1000, tos: 0x48), datagram(5, behind: trailer(1)), datagram(5, behind: trailer(77)),
                datagram(5, behind: trailer(1, error: 1)), datagram(5, id: 8, behind: trailer(1)),
                datagram(5, behind: zeros(12)),
                datagram(5, tos: 0x48, behind: trailer(9)), datagram(0, tos: 0x48), longer,
                Packet(eth(EtherType.arp, zeros(28))),
                Packet(eth(EtherType.arp, zeros(46))), Packet(eth(EtherType.arp, zeros(45))), Packet(eth(0x88cc)),
                Packet(eth(EtherType.ipv4, zeros(20))), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(datagram(5, tos: 0x48).bytes, metadata: [1, 2, 3, 4]),
                Packet(eth(EtherType.arp, zeros(3400))),
            ])
    }()
}
