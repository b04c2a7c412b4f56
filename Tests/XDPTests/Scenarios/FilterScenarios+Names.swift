// Programs that look into what packets carry.
extension Scenario {
    static let dns: Scenario = {
        /// As the program computes it.
        func hash(_ name: String) -> [UInt8] {
            var suffix: UInt64 = 0
            for label in name.split(separator: ".").reversed() {
                let hash = label.utf8.reduce(5381 as UInt64) { $0 &* 33 &+ UInt64($1) }
                suffix = suffix &* 31 &+ hash
            }
            return u64(suffix)
        }
        func query(_ payload: [UInt8], port: UInt16 = 53) -> Packet {
            Packet(
                eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.1", to: "192.0.2.53", udp(5353, port, payload))))
        }
        func query6(_ payload: [UInt8]) -> Packet {
            Packet(eth(EtherType.ipv6, ipv6(IPProtocol.udp, from: "fd00::1", to: "fd00::53", udp(5353, 53, payload))))
        }
        let long = "a123456789.b123456789.c123456789.d123456789.g"
        return Scenario(
            "filter/dns",
            entries: [
                Entry("names", hash("ads.example"), u32(1) + u32(0)),
                Entry("names", hash("tracker.example.org"), u32(1) + u32(0)),
                Entry("names", hash("good.ads.example"), u32(0) + u32(0)),
                Entry("names", hash("watched.net"), u32(0) + u32(0)),
            ],
            packets: [
                query(dnsQuery("example.org")), query(dnsQuery("ads.example")), query(dnsQuery("ADS.Example")),
                query(dnsQuery("a.b.ads.example")), query(dnsQuery("good.ads.example")),
                query(dnsQuery("tracker.example.org")),
                query(dnsQuery("tracker.example.com")), query(dnsQuery("watched.net", type: 28)),
                query(dnsQuery("", type: 2)),
                query(dnsQuery("www.watched.net", type: 15)), query(dnsQuery("ads.example", flags: 0x8180)),
                query(dnsQuery("example.org", questions: 2)), query(dnsQuery("example.org", questions: 0)),
                query(dnsQuery(long)),
                query(dnsQuery("a.b.c.d.e.f.g.h")), query(dnsQuery("a.b.c.d.e.f.g.h.i")),
                query(Array(dnsQuery("example.org").dropLast(1))), query(Array(dnsQuery("example.org").dropLast(8))),
                query(dnsQuery("x").prefix(12) + [0xc0, 12, 0, 1, 0, 1]), query(dnsQuery("x").prefix(12) + []),
                query(dnsQuery("x").prefix(11) + []), query(dnsQuery("ads.example"), port: 5353),
                query6(dnsQuery("example.org")), query6(dnsQuery("ads.example")),
                Packet(
                    eth(
                        EtherType.ipv4,
                        ipv4(IPProtocol.tcp, from: "10.0.0.1", to: "192.0.2.53", tcp(1, 53, TCPFlags.syn)))),
                Packet(eth(EtherType.arp)), Packet(eth(EtherType.ipv4, zeros(10))),
                Packet(eth(EtherType.ipv6, zeros(10))),
            ])
    }()

    static let knock: Scenario = {
        func syn(_ port: UInt16, from: String = "10.0.0.1", flags: UInt8 = TCPFlags.syn) -> Packet {
            Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: from, to: "192.0.2.1", tcp(1234, port, flags))))
        }
        let (one, two) = ("10.0.0.2", "10.0.0.3")
        return Scenario(
            "filter/knock",
            packets: [
                syn(22), syn(7000), syn(22), syn(8000), syn(8000), syn(9000), syn(10000), syn(22),
                syn(22, flags: TCPFlags.ack), syn(80), syn(7000), syn(22), syn(7000, from: one), syn(9000, from: one),
                syn(1, from: one), syn(2, from: one), syn(7000, from: one), syn(8000, from: one), syn(22, from: one),
                syn(7000, from: two), syn(8000, from: two), syn(9000, from: two), syn(8000, from: two),
                syn(7000, from: two),
                syn(8000, from: two, flags: TCPFlags.syn | TCPFlags.ack), syn(443, from: "10.9.9.9"),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: one, to: "192.0.2.1", udp(1, 7000)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: one, to: "192.0.2.1", zeros(19)))),
                Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.ipv6, zeros(60))),
            ])
    }()
}
