// A program that answers SYNs with cookies.
extension Scenario {
    static let synProxy: Scenario = {
        let secret: UInt32 = 0xc0ffee
        let (client, server) = ("10.0.0.1", "192.0.2.1")
        func segment(
            _ flags: UInt8, seq: UInt32 = 1000, ack: UInt32 = 0, port: UInt16 = 80, from: UInt16 = 4000,
            options: [UInt8] = [],
            _ data: [UInt8] = []
        ) -> Packet {
            let payload = tcp(from, port, flags, data, seq: seq, ack: ack, options: options)
            return Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: client, to: server, payload)))
        }
        /// The cookie that the program gives to a SYN of sequence number 1000 from `port`.
        func cookie(from port: UInt16, tick: UInt32, size: UInt32) -> UInt32 {
            func word(_ bytes: [UInt8]) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
            let hash = jhash(word(ip(client)), word(ip(server)), word(be16(port) + be16(80)), seed: secret ^ tick)
            return (hash &+ 1000) & ~0x1f | (tick & 7) << 2 | size
        }
        let mss: [UInt8] = [2, 4, 5, 0xb4]
        func ack(_ port: UInt16, tick: UInt32, size: UInt32, extra: UInt32 = 1) -> Packet {
            segment(TCPFlags.ack, seq: 1001, ack: cookie(from: port, tick: tick, size: size) &+ extra, from: port)
        }
        return Scenario(
            "reply/syn_proxy", constants: [("secret", u32(secret))],
            entries: [Entry("guarded", be16(80), [1]), Entry("clock", u32(0), u32(77) + u32(0))],
            packets: [
                segment(TCPFlags.syn), segment(TCPFlags.syn, options: mss),
                segment(TCPFlags.syn, options: [2, 4, 5, 0x14]),
                segment(TCPFlags.syn, options: [2, 4, 2, 0]),
                segment(TCPFlags.syn, options: [1, 1, 2, 4, 5, 0xb4, 0, 0]),
                segment(TCPFlags.syn, options: mss, zeros(100)), segment(TCPFlags.syn, seq: 0xffff_ffff),
                segment(TCPFlags.syn, port: 81),
                segment(TCPFlags.syn | TCPFlags.ack), segment(0), ack(4000, tick: 77, size: 3),
                segment(16, from: 4000, [1]),
                ack(4001, tick: 77, size: 0), ack(4002, tick: 76, size: 2), ack(4003, tick: 75, size: 2),
                ack(4004, tick: 78, size: 2),
                ack(4005, tick: 77, size: 1, extra: 2), segment(TCPFlags.ack, from: 4006),
                segment(24, seq: 1001, from: 4001, zeros(30)),
                segment(17, from: 4001), segment(16, from: 4001), segment(TCPFlags.rst, from: 4002),
                segment(16, from: 4002),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.udp, from: client, to: server, udp(1, 80)))),
                Packet(eth(EtherType.ipv4, ipv4(IPProtocol.tcp, from: client, to: server, zeros(19)))),
                Packet(eth(EtherType.ipv4, zeros(19))), Packet(eth(EtherType.arp)),
            ])
    }()

    /// `jhash_3words` of include/jhash.h.
    private static func jhash(_ first: UInt32, _ second: UInt32, _ third: UInt32, seed: UInt32) -> UInt32 {
        func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
        let start = 0xdead_beef &+ 12 &+ seed
        var (a, b, c) = (start &+ first, start &+ second, start &+ third)
        c = (c ^ b) &- rotate(b, 14)
        a = (a ^ c) &- rotate(c, 11)
        b = (b ^ a) &- rotate(a, 25)
        c = (c ^ b) &- rotate(b, 16)
        a = (a ^ c) &- rotate(c, 4)
        b = (b ^ a) &- rotate(a, 14)
        return (c ^ b) &- rotate(b, 24)
    }
}
