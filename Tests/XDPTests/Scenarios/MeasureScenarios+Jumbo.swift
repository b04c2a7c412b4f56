// A program that takes packets of several pages.
extension Scenario {
    static let jumbo: Scenario = {
        func probe(_ payload: Int, options: [UInt8] = []) -> Packet {
            let data: [UInt8] = [0x53, 0x4a] + (0..<payload).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            return Packet(
                eth(
                    EtherType.ipv4,
                    ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2, data), options: options)))
        }
        func plain(_ payload: Int) -> Packet {
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "10.0.0.2", udp(1, 2, zeros(payload)))))
        }
        return Scenario(
            "measure/jumbo",
            packets: [
                6, 7, 14, 100, 1000, 1472, 3470, 3476, 3477, 3478, 3479, 3480, 3482, 3490, 4000, 5000, 7000, 7500, 8000,
                8900,
            ].map {
                probe($0)
            } + [
                probe(20, options: zeros(40)), probe(4000, options: zeros(12)), probe(5), plain(5), plain(8),
                plain(6000),
            ] + [
                Packet(eth(EtherType.arp, zeros(28))), Packet(eth(EtherType.ipv4, zeros(19))),
                Packet(
                    eth(
                        EtherType.ipv4,
                        ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "10.0.0.2", tcp(1, 2, 2, zeros(5000))))),
            ])
    }()
}
