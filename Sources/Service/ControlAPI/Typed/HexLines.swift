import Maps

/// Entries as bytes, `{"key":"0x...","value":"0x..."}`, each as long as the other: what a dump spends its time on.
struct HexLines: Sendable {
    /// Between the entries, or behind each of them.
    let separator: UInt8
    private let keySize: Int
    private let valueSize: Int
    /// From a worker's value to the next one's.
    private let stride: Int
    private let workers: Int
    private let isPerCPU: Bool
    /// Bytes of an entry with its separator.
    let length: Int

    init(keySize: Int, valueSize: Int, stride: Int, workers: Int, isPerCPU: Bool, separator: UInt8) {
        self.keySize = keySize
        self.valueSize = valueSize
        self.stride = stride
        self.workers = workers
        self.isPerCPU = isPerCPU
        self.separator = separator
        let value = isPerCPU ? 2 + workers * (4 + 2 * valueSize) + (workers - 1) : 4 + 2 * valueSize
        length = Self.start.utf8CodeUnitCount + 2 * keySize + Self.middle.utf8CodeUnitCount + value + 2
    }

    private static let start: StaticString = "{\"key\":\"0x"
    private static let middle: StaticString = "\",\"value\":"

    /// Two digits for each byte, in the order in which they stand in memory.
    private static let pairs: [UInt16] = (0..<256).map { byte in
        UInt16(Hex.digits[byte >> 4]) | UInt16(Hex.digits[byte & 15]) << 8
    }

    /// Every entry with its separator behind it.
    func text(_ batch: EntryBatch) -> [UInt8] {
        let total = batch.count * length
        return [UInt8](unsafeUninitializedCapacity: total) { text, count in
            count = total
            guard var to = text.baseAddress.map({ UnsafeMutableRawPointer($0) }) else { return }
            batch.keys.withUnsafeBytes { keys in
                batch.values.withUnsafeBytes { values in
                    Self.pairs.withUnsafeBufferPointer { pairs in
                        for index in 0..<batch.count {
                            let key = UnsafeRawBufferPointer(rebasing: keys[index * keySize..<(index + 1) * keySize])
                            let start = index * batch.valueSize
                            let value = UnsafeRawBufferPointer(rebasing: values[start..<start + batch.valueSize])
                            write(key, value, pairs, &to)
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func write(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ pairs: UnsafeBufferPointer<UInt16>,
        _ to: inout UnsafeMutableRawPointer
    ) {
        Self.put(Self.start, &to)
        Self.put(key, pairs, &to)
        Self.put(Self.middle, &to)
        if isPerCPU { Self.put(UInt8(ascii: "["), &to) }
        for worker in 0..<workers {
            if worker > 0 { Self.put(UInt8(ascii: ","), &to) }
            Self.put("\"0x", &to)
            let start = worker * stride
            Self.put(UnsafeRawBufferPointer(rebasing: value[start..<start + valueSize]), pairs, &to)
            Self.put(UInt8(ascii: "\""), &to)
        }
        if isPerCPU { Self.put(UInt8(ascii: "]"), &to) }
        Self.put(UInt8(ascii: "}"), &to)
        Self.put(separator, &to)
    }

    @inline(__always)
    private static func put(_ text: StaticString, _ to: inout UnsafeMutableRawPointer) {
        to.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        to += text.utf8CodeUnitCount
    }

    @inline(__always)
    private static func put(_ byte: UInt8, _ to: inout UnsafeMutableRawPointer) {
        to.storeBytes(of: byte, as: UInt8.self)
        to += 1
    }

    @inline(__always)
    private static func put(
        _ bytes: UnsafeRawBufferPointer, _ pairs: UnsafeBufferPointer<UInt16>, _ to: inout UnsafeMutableRawPointer
    ) {
        for byte in bytes {
            to.storeBytes(of: pairs[Int(byte)], as: UInt16.self)
            to += 2
        }
    }
}
