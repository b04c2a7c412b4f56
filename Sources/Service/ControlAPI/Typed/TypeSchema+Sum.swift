extension TypeSchema {
    /// One value for those of all workers: numbers are added, with wraparound at their width; anything else is the
    /// first worker's that is not zero.
    func sum(_ slots: [ArraySlice<UInt8>]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: size)
        for slot in slots {
            slot.withUnsafeBytes { add(UnsafeRawBufferPointer(rebasing: $0[..<size]), into: &result, at: 0) }
        }
        return result
    }

    fileprivate func add(_ bytes: UnsafeRawBufferPointer, into sum: inout [UInt8], at start: Int) {
        switch shape {
        case .integer(let bits, let isSigned, let isBigEndian):
            var total: Int128 = 0
            sum.withUnsafeBytes { sum in
                let other = UnsafeRawBufferPointer(rebasing: sum[start..<start + size])
                if isBigEndian {
                    total = Self.swapped(other, isSigned) &+ Self.swapped(bytes, isSigned)
                } else {
                    total =
                        BitField.read(other, bitOffset: 0, bits: bits, isSigned: isSigned)
                        &+ BitField.read(bytes, bitOffset: 0, bits: bits, isSigned: isSigned)
                }
            }
            sum.withUnsafeMutableBytes { BitField.write(total, $0, bitOffset: start * 8, bits: bits) }
            if isBigEndian { sum[start..<start + size].reverse() }
        case .float: addFloat(bytes, into: &sum, at: start)
        case .array(let element, let count):
            for index in 0..<count {
                let from = index * element.size
                element.add(
                    UnsafeRawBufferPointer(rebasing: bytes[from..<from + element.size]), into: &sum, at: start + from)
            }
        case .composite(let composite) where !composite.isUnion:
            for member in composite.members { member.add(bytes, into: &sum, at: start) }
        case .boolean, .enumeration, .pointer, .mac, .ip, .text, .composite, .bytes:
            if sum[start..<start + size].allSatisfy({ $0 == 0 }) {
                sum.replaceSubrange(start..<start + size, with: bytes)
            }
        }
    }

    private func addFloat(_ bytes: UnsafeRawBufferPointer, into sum: inout [UInt8], at start: Int) {
        sum.withUnsafeMutableBytes { sum in
            if size == 4 {
                let total =
                    sum.loadUnaligned(fromByteOffset: start, as: Float.self) + bytes.loadUnaligned(as: Float.self)
                sum.storeBytes(of: total, toByteOffset: start, as: Float.self)
            } else {
                let total =
                    sum.loadUnaligned(fromByteOffset: start, as: Double.self) + bytes.loadUnaligned(as: Double.self)
                sum.storeBytes(of: total, toByteOffset: start, as: Double.self)
            }
        }
    }
}

extension TypeSchema.Member {
    fileprivate func add(_ bytes: UnsafeRawBufferPointer, into sum: inout [UInt8], at start: Int) {
        guard let bits else {
            type.add(slice(of: bytes), into: &sum, at: start + bitOffset / 8)
            return
        }
        sum.withUnsafeMutableBytes { sum in
            let at = start * 8 + bitOffset
            let total =
                BitField.read(UnsafeRawBufferPointer(sum), bitOffset: at, bits: bits, isSigned: false)
                &+ BitField.read(bytes, bitOffset: bitOffset, bits: bits, isSigned: false)
            BitField.write(total, sum, bitOffset: at, bits: bits)
        }
    }
}
