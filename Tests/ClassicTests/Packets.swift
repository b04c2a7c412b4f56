import TestSupport
/// Frames of many kinds, built by hand.
enum Packets {
    static let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]

    static func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

    static func ipv4(
        _ proto: UInt8, source: [UInt8] = [10, 0, 0, 1], destination: [UInt8] = [10, 0, 0, 2], options: Int = 0,
        fragment: Int = 0, _ payload: [UInt8]
    ) -> [UInt8] {
        let header = 20 + 4 * options
        return [UInt8(0x40 + header / 4), 0] + word(header + payload.count) + [0, 1] + word(fragment) + [
            63, proto, 0, 0,
        ]
            + source + destination + [UInt8](repeating: 1, count: 4 * options) + payload
    }

    static func ipv6(_ next: UInt8, last: UInt8 = 1, _ payload: [UInt8]) -> [UInt8] {
        let prefix: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        return [0x60, 0, 0, 0] + word(payload.count) + [next, 64] + prefix + [last] + prefix + [2] + payload
    }

    static func tcp(_ source: Int, _ destination: Int, flags: UInt8 = 0x18, _ payload: [UInt8] = []) -> [UInt8] {
        word(source) + word(destination) + [0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 1, 0, 0, 0, 0, 0] + payload
    }

    static func udp(_ source: Int, _ destination: Int, _ payload: [UInt8] = []) -> [UInt8] {
        word(source) + word(destination) + word(8 + payload.count) + [0, 0] + payload
    }

    static func frame(_ type: Int, _ payload: [UInt8]) -> [UInt8] { ethernet + word(type) + payload }

    static let get = Array("GET / HTTP/1.1\r\n\r\n".utf8)

    /// Those that are put together with care come first.
    private static let sound = 34

    static let all: [[UInt8]] = {
        let web = ipv4(6, tcp(1234, 80, get))
        let lookup = ipv4(17, udp(4000, 53, Array(1...30)))
        var packets = [
            [], frame(0x0800, web), frame(0x0800, ipv4(6, tcp(80, 1234, flags: 2))),
            frame(0x0800, ipv4(6, options: 3, tcp(443, 80, flags: 1, get))), frame(0x0800, lookup),
            frame(0x0800, ipv4(6, source: [10, 1, 0, 9], destination: [224, 0, 0, 1], tcp(22, 23))),
            frame(0x0800, ipv4(6, fragment: 0x2005, tcp(80, 80))),
            frame(0x0800, ipv4(1, [8, 0, 0, 0, 1, 2, 3, 4])), frame(0x0800, ipv4(1, [3, 1, 0, 0, 1, 2, 3, 4])),
            frame(0x0800, ipv4(132, tcp(80, 81))), frame(0x0800, ipv4(2, [0x11, 0, 0, 0])),
            frame(0x0800, ipv4(51, [6, 4, 0, 0] + Array(1...20) + tcp(1, 80))),
            frame(0x0800, ipv4(17, udp(6081, 6081, [0, 0, 0x65, 0x58, 0, 0, 5, 0] + frame(0x0800, web)))),
            frame(0x86dd, ipv6(6, tcp(1234, 80, get))), frame(0x86dd, ipv6(17, last: 9, udp(53, 53, [1, 2]))),
            frame(0x86dd, ipv6(58, [128, 0, 0, 0, 1, 2])),
            frame(0x86dd, ipv6(0, [6, 0, 1, 2, 3, 4, 5, 6] + tcp(80, 1))),
            frame(0x86dd, ipv6(44, [6, 0, 0, 0, 0, 0, 0, 1] + tcp(80, 1))),
            frame(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]),
            frame(0x8035, [0, 1, 8, 0, 6, 4, 0, 3, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]),
            frame(0x8100, word(5) + word(0x0800) + web), frame(0x8100, word(6) + word(0x86dd) + ipv6(17, udp(1, 53))),
            frame(0x88a8, word(5) + word(0x8100) + word(6) + word(0x0800) + lookup),
            frame(0x8847, [0, 6, 0x40, 0x40, 0, 12, 0x81, 64] + web), frame(0x8847, [0, 6, 0x41, 64] + web),
            frame(0x8863, [0x11, 9, 0, 0, 0, 0]),
            frame(0x8864, [0x11, 0, 0, 1] + word(web.count + 2) + [0, 0x21] + web),
            frame(0x88cc, [2, 7, 4]), frame(100, [0x42, 0x42, 3] + Array(1...40)),
            frame(60, [0xaa, 0xaa, 3, 0, 0, 0, 0x80, 0x9b] + Array(1...30)),
            frame(60, [0xfe, 0xfe, 3, 0x83, 1, 0, 1, 0, 15] + Array(1...30)),
            frame(60, [0xe0, 0xe0, 0x6f] + Array(1...9)),
            frame(60, [0xff, 0xff, 1, 2] + Array(1...30)), [UInt8](repeating: 255, count: 64),
            [UInt8](repeating: 0, count: 64), frame(0x0800, web + [UInt8](repeating: 7, count: 1400)),
            [UInt8](repeating: 0, count: 65_535),
        ]
        var generator = SplitMix(seed: 1)
        for _ in 0..<40 {
            var packet = packets[Int(generator.next() % UInt64(sound))]
            for _ in 0..<4 where !packet.isEmpty {
                packet[Int(generator.next() % UInt64(packet.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            packets.append(packet)
        }
        return packets
    }()

    /// Each packet, and what is left of one of up to 200 bytes when it is cut off: at every length, of mutated ones at each
    /// seventh.
    static let truncated: [[UInt8]] = all.enumerated().flatMap { index, packet in
        let lengths = stride(from: 0, to: packet.count <= 200 ? packet.count : 0, by: index < sound ? 1 : 7)
        return [packet] + lengths.map { Array(packet[..<$0]) }
    }
}
