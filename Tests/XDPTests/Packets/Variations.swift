import TestSupport

/// What becomes of packets on a bad day: the same at every run of the tests.
enum Variations {
    /// Each of `packets` cut short, at the end of each of its first headers and in the midst of them.
    static func cut(_ packet: Packet) -> [Packet] {
        [14, 15, 18, 23, 33, 34, 37, 41, 42, 53, 54, 57, 61, 62, 73].filter { $0 < packet.bytes.count }
            .map { Packet(Array(packet.bytes[..<$0]), metadata: packet.metadata) }
    }

    /// `count` of `packets` with one to three bytes of their headers changed, some of them cut too.
    static func damaged(_ packets: [Packet], count: Int, seed: UInt64) -> [Packet] {
        var random = SplitMix(seed: seed)
        return (0..<count).map { _ in
            var packet = packets[random.below(packets.count)]
            for _ in 0...random.below(3) {
                let place = random.below(min(packet.bytes.count, 96))
                packet.bytes[place] =
                    random.below(2) == 0
                    ? UInt8(random.below(256)) : packet.bytes[place] ^ 1 << UInt8(random.below(8))
            }
            if random.below(4) == 0 {
                let left = Packet.shortest + random.below(packet.bytes.count - Packet.shortest + 1)
                packet.bytes.removeLast(packet.bytes.count - left)
            }
            return packet
        }
    }
}

extension SplitMix {
    fileprivate mutating func below(_ bound: Int) -> Int { Int(next() >> 1) % bound }
}
