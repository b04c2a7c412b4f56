import Object

/// A type of map to measure, and what its keys are like. `Benchmarks/programs/maps.c` makes the same keys.
struct MapShape {
    enum Keys {
        /// Numbers of 4 bytes, from 0.
        case index
        /// 8 bytes, spread over all numbers.
        case hashed
        /// IPv4 networks of 24 bits; hosts in them are looked up.
        case prefix
    }

    let type: MapType
    let keys: Keys

    /// Every type that is to be measured, offered or not.
    static let all = [
        MapShape(type: .array, keys: .index),
        MapShape(type: .perCPUArray, keys: .index),
        MapShape(type: .hash, keys: .hashed),
        MapShape(type: .perCPUHash, keys: .hashed),
        MapShape(type: .lruHash, keys: .hashed),
        MapShape(type: .lruPerCPUHash, keys: .hashed),
        MapShape(type: .lpmTrie, keys: .prefix),
    ]

    static let entryCounts = [1 << 10, 1 << 20]

    /// How the table writes a number of entries.
    static func label(_ entries: Int) -> String { entries < 1 << 20 ? "\(entries >> 10)K" : "\(entries >> 20)M" }

    /// Whether elements can be inserted and deleted.
    var canInsert: Bool { keys != .index }

    var keySize: Int { keys == .index ? 4 : 8 }

    /// Elements that fit in beside `entries`: a power of two; none in arrays.
    func spare(entries: Int) -> Int { canInsert ? max(entries / 4, 8192) : 0 }

    /// No entry has a number with this bit.
    static let never: UInt32 = 1 << 23

    /// Appends the key of entry `number`, as it is stored or as it is looked up.
    func appendKey(_ number: UInt32, stored: Bool, to bytes: inout [UInt8]) {
        switch keys {
        case .index: Self.append(number, to: &bytes)
        case .hashed: Self.append((UInt64(number) + 1) &* 0x9e37_79b9_7f4a_7c15, to: &bytes)
        case .prefix:
            let network = (number &* 0x9e37_79b1 & 0xff_ffff) << 8
            Self.append(stored ? UInt32(24) : 32, to: &bytes)
            Self.append((stored ? network : network | number >> 3 & 0xff).bigEndian, to: &bytes)
        }
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
    }
}
