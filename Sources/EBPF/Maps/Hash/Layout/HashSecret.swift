import CLinux

/// What a table makes of a key.
struct KeyHash: Equatable {
    /// 32 bits, from which the home bucket is chosen.
    let place: UInt64
    /// Its low 7 bits are in the tag.
    let mark: UInt64
}

/// Keys come from whoever sends frames: without the secrets nobody can choose keys that collide.
///
/// The product of key and secret is of 128 bits. Regular keys leave regular products, of which no bits alone spread well:
/// a CRC of them does, in one instruction that needs no multiplier. It adds no secret: it is linear, and known.
struct HashSecret {
    let multiplier: UInt64
    let usesChecksum: Bool
    /// For more products, in place of the CRC, where the processor has no instruction for it.
    private let start: UInt64
    private let spreader: UInt64

    /// Random, from the system.
    init(usesChecksum: Bool = processorHasChecksum) {
        // Large, so that small numbers leave high halves that differ.
        multiplier = .random(in: .min ... .max) | 1 | 1 &<< 63
        start = .random(in: .min ... .max)
        spreader = .random(in: .min ... .max) | 1
        self.usesChecksum = usesChecksum
    }

    /// CRC-32C: SSE4.2 on x86-64.
    static let processorHasChecksum = clinux_cpu_features() & CLINUX_CPU_CRC32 != 0

    /// Takes in a word in front of the last.
    @inline(__always)
    func mix(_ state: UInt64, _ word: UInt64) -> UInt64 { Self.fold(state ^ word, multiplier) }

    /// Takes in the last word.
    @inline(__always)
    func finish(_ state: UInt64, _ word: UInt64) -> KeyHash {
        if usesChecksum {
            let product = (state ^ word).multipliedFullWidth(by: multiplier)
            let sum = clinux_crc32c(UInt32(truncatingIfNeeded: product.high), product.low)
            return KeyHash(place: UInt64(sum), mark: product.high)
        }
        let spread = Self.fold(Self.fold(state ^ word ^ start, multiplier), spreader)
        return KeyHash(place: spread & 0xFFFF_FFFF, mark: spread &>> 57)
    }

    /// 64 x 64 -> 128 bits, folded.
    @inline(__always)
    private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
        let product = x.multipliedFullWidth(by: y)
        return product.high ^ product.low
    }
}
