// A program that follows connections.
extension Scenario {
    static let conntrack: Scenario = {
        let (inside, outside) = ("10.0.0.1", "192.0.2.1")
        func out(_ flags: UInt8, port: UInt16 = 4000, seq: UInt32 = 1) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: inside, to: outside, tcp(port, 80, flags, seq: seq))))
        }
        func back(_ flags: UInt8, port: UInt16 = 4000, seq: UInt32 = 7) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: outside, to: inside, tcp(80, port, flags, seq: seq))))
        }
        func datagram(_ from: String, _ to: String, _ source: UInt16, _ destination: UInt16) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: from, to: to, udp(source, destination, [1]))))
        }
        func error(_ type: UInt8, _ quoted: [UInt8]) -> Packet {
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.icmp, from: "192.0.2.254", to: inside, icmp(type, quoted, code: 1)))
            )
        }
        let quoted = ipv4(IPProtocol.udp, from: inside, to: outside, udp(5000, 53))
        let stranger = ipv4(IPProtocol.udp, from: inside, to: outside, udp(5001, 53))
        let answer = ipv4(IPProtocol.tcp, from: outside, to: inside, tcp(80, 4001, 18))
        return Scenario(
            "filter/conntrack",
            packets: [
                back(18), out(16), out(2), out(2, seq: 2), back(16), back(18), back(18), out(18), out(16), out(24),
                back(24), back(2), out(17),
                out(17), back(16), back(17), out(16), out(16), out(2), back(4), out(2), out(18), out(2, port: 4001),
                back(18, port: 4001),
                back(4, port: 4001), back(2, port: 4002), out(0, port: 4003), out(2, port: 4004), back(18, port: 4004),
                out(16, port: 4004),
                back(17, port: 4004), back(17, port: 4004), out(17, port: 4004), back(0, port: 4004),
                back(16, port: 4004),
                datagram(outside, inside, 53, 5000), datagram(inside, outside, 5000, 53),
                datagram(outside, inside, 53, 5000),
                datagram(inside, outside, 5000, 53), datagram(outside, inside, 53, 5001), error(3, quoted),
                error(11, quoted), error(8, quoted),
                error(3, stranger), error(3, answer), error(3, Array(quoted.prefix(27))), error(3, []),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.gre, from: inside, to: outside, zeros(8)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: inside, to: outside, zeros(19)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: inside, to: outside, zeros(7)))),
                Packet(eth(EtherType.ipv4, zeros(20))), Packet(eth(EtherType.arp)),
            ])
    }()
}
