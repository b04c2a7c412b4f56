import Engine
import Maps
import Object

/// What a program is run on. The same seed makes the same input.
public struct Input: Sendable {
    var seed: UInt64
    var packet: [UInt8] = []

    init(seed: UInt64, map: Int = 0) {
        self.seed = seed
        var random = Random(seed: seed)
        let length =
            random.chance(80)
            ? random.pick([
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 32, 33, 34, 35, 42, 53, 54, 55,
                60,
                64, 74, 80, 100, 128, 254, 255, 256, 300, 512, 1500,
            ]) : random.pick(0...1500)
        packet = Self.bytes(length, &random)
    }

    /// Words at the edges, small numbers, noise or zeros.
    static func bytes(_ count: Int, _ random: inout Random) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        let mood = random.pick(0...4)
        while bytes.count < count {
            switch mood {
            case 0: bytes.append(0)
            case 1: bytes.append(UInt8(truncatingIfNeeded: random.next()))
            case 2: bytes.append(UInt8(random.pick(0...4)))
            default:
                let word = random.edge()
                let size = random.pick([1, 2, 4, 8])
                for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(index * 8))) }
            }
        }
        return Array(bytes.prefix(count))
    }

    private static let mostElements = 8

    /// Gives every map the input's elements.
    func fill(_ maps: [Map]) throws {
        var random = Random(seed: seed ^ 0x5DEE_CE66)
        for map in maps {
            try map.clear()
            let attributes = map.attributes
            let isArray = attributes.type == .array || attributes.type == .perCPUArray
            for index in 0..<min(attributes.maxEntries, Self.mostElements) where isArray || random.chance(60) {
                var key = [UInt8](repeating: 0, count: attributes.keySize)
                key[0] = UInt8(isArray ? index : random.pick(0...3))
                if !isArray, attributes.keySize > 8, random.chance(70) { key[8] = UInt8(random.pick(0...3)) }
                if attributes.type == .lpmTrie {
                    // Prefixes of all lengths, many of which contain others.
                    key[0] = UInt8(random.pick(0...8 * (attributes.keySize - 4)))
                    for byte in 4..<attributes.keySize where random.chance(20) { key[byte] = UInt8(random.pick(0...3)) }
                }
                try map.update(key, Self.bytes(map.userValueSize, &random))
            }
        }
    }
}
