/// Integers of up to 128 bits in little-endian bytes, at any bit.
enum BitField {
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, bitOffset: Int, bits: Int, isSigned: Bool) -> Int128 {
        if bitOffset & 7 == 0, bits == 32 || bits == 64 {
            let at = bitOffset >> 3
            switch (bits, isSigned) {
            case (32, false): return Int128(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            case (32, true): return Int128(bytes.loadUnaligned(fromByteOffset: at, as: Int32.self))
            case (64, false): return Int128(bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            default: return Int128(bytes.loadUnaligned(fromByteOffset: at, as: Int64.self))
            }
        }
        var raw: UInt128 = 0
        let first = bitOffset >> 3
        let shift = bitOffset & 7
        let last = (bitOffset + bits - 1) >> 3
        for index in stride(from: min(last, first + 15), through: first, by: -1) {
            raw = raw << 8 | UInt128(bytes[index])
        }
        raw >>= UInt128(shift)
        if last == first + 16 { raw |= UInt128(bytes[last]) << UInt128(128 - shift) }
        if bits < 128 {
            raw &= (1 << UInt128(bits)) - 1
            if isSigned && raw >> UInt128(bits - 1) & 1 == 1 { raw |= ~0 << UInt128(bits) }
        }
        return Int128(truncatingIfNeeded: raw)
    }

    static func write(_ value: Int128, _ bytes: UnsafeMutableRawBufferPointer, bitOffset: Int, bits: Int) {
        let raw = UInt128(truncatingIfNeeded: value)
        for bit in 0..<bits {
            let at = bitOffset + bit
            let mask = UInt8(1) << UInt8(at & 7)
            if raw >> UInt128(bit) & 1 == 1 { bytes[at >> 3] |= mask } else { bytes[at >> 3] &= ~mask }
        }
    }

    /// What fits into so many bits.
    static func range(bits: Int, isSigned: Bool) -> ClosedRange<Int128> {
        if bits >= 128 { return Int128.min...Int128.max }
        if isSigned { return -(1 << Int128(bits - 1))...((1 << Int128(bits - 1)) - 1) }
        return bits == 127 ? 0...Int128.max : 0...((1 << Int128(bits)) - 1)
    }
}
