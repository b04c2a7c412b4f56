// A program that asks for routes.
extension Scenario {
    static let fib: Scenario = {
        func to(_ address: String, ttl: UInt8 = 64, size: Int = 20, from: String = "192.168.0.7") -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: from, to: address, udp(1, 2, zeros(size)), ttl: ttl)))
        }
        func to6(_ address: String, hops: UInt8 = 64, size: Int = 20, from: String = "fd99::7") -> Packet {
            Packet(
                eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: from, to: address, udp(1, 2, zeros(size)), hops: hops)))
        }
        return Scenario(
            "forward/fib",
            packets: [
                to("10.10.0.2"), to("10.11.0.2"), to("172.16.1.1"), to("172.20.1.1"), to("172.31.255.255"),
                to("172.21.0.1"),
                to("10.10.0.9"), to("172.30.0.1"), to("172.30.1.1"), to("172.30.2.1"), to("8.8.8.8"), to("10.10.0.1"),
                to("172.20.1.1", size: 1252), to("172.20.1.1", size: 1253), to("172.16.1.1", size: 1400),
                to("172.16.1.1", ttl: 1),
                to("172.16.1.1", ttl: 2), to6("fd10::2"), to6("fd11::2"), to6("fd20::1"), to6("fd20:1::1"),
                to6("fd30::1"),
                to6("fd40::1"), to6("fd10::99"), to6("fd10::1"), to6("fd20:1::1", size: 1232),
                to6("fd20:1::1", size: 1233),
                to6("fd20::1", hops: 1), to6("fe80::1"), to6("fd20::1", from: "fe80::9"), Packet(eth(EtherType.arp)),
                Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.ipv6, zeros(39))),
            ], network: RoutedNetwork())
    }()
}
