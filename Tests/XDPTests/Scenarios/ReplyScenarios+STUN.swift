// A program that answers with what it saw of a packet.
extension Scenario {
    static let stun: Scenario = {
        func message(_ attributes: [UInt8] = [], type: UInt16 = 1, cookie: UInt32 = 0x2112_a442, length: UInt16? = nil)
            -> [UInt8]
        {
            bytes(
                be16(type), be16(length ?? UInt16(attributes.count)), be32(cookie), (1...12).map { UInt8($0 * 17) },
                attributes)
        }
        func attribute(_ type: UInt16, _ bytes: Int) -> [UInt8] {
            be16(type) + be16(UInt16(bytes)) + zeros((bytes + 3) & ~3)
        }
        func four(_ payload: [UInt8], port: UInt16 = 3478, from: UInt16 = 40000) -> Packet {
            Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.udp, from: "198.51.100.77", to: "192.0.2.1", udp(from, port, payload))))
        }
        func six(_ payload: [UInt8], from: UInt16 = 40000) -> Packet {
            Packet(
                eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: "2001:db8::77", to: "fd00::1", udp(from, 3478, payload)))
            )
        }
        let software = attribute(0x8022, 9)
        return Scenario(
            "reply/stun",
            packets: [
                four(message()), four(message(software)), four(message(software + attribute(0x8028, 4))),
                four(message(attribute(0x0006, 5))),
                four(message(software + attribute(0x0020, 8))), four(message(attribute(0, 0))),
                four(message(), from: 1), four(message(type: 0x101)),
                four(message(cookie: 1)), four(message(length: 4)), four(message(software, length: 100)),
                four(Array(message().dropLast())),
                four(message((0..<5).flatMap { _ in attribute(0x9000, 0) })),
                four(message((0..<6).flatMap { _ in attribute(0x9000, 0) })),
                four(message(attribute(0x9000, 504))), four(message() + zeros(200)), four(message(), port: 3479),
                four([]), six(message()),
                six(message(software)), six(message(attribute(0x0006, 5))), six(message(type: 2)),
                six(message(), from: 65535), six([]),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "10.0.0.2", tcp(1, 3478, 2)))),
                Packet(eth(EtherType.arp)),
                Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.ipv6, zeros(39))),
                Packet(four(message()).bytes, metadata: zeros(4)),
            ])
    }()
}
