/// How a key of 4 to 16 bytes is found in a hash map, for code that looks first by itself and calls
/// `MapFunctions.lookup` when it is not sure.
///
/// With the key as one or two little-endian words, the last of which may be of 32 bits, and products of 128 bits, of
/// which `high` and `low` are the halves:
///
///     product = key * multiplier, or (fold(low word * multiplier) ^ high word) * multiplier
///     fold    = high ^ low
///     place   = CRC-32C of product.low, begun with the low 32 bits of product.high (SSE4.2's `crc32`)
///     bucket  = base + (placeMask != 0 ? place & placeMask : ((place * buckets) >> 32) * bucketStride)
///     tag     = product.high & 0x7f | 0x80
///
/// The byte `i` of the word at `bucket` is the tag of slot `i`, below `width`; the others are below 0x80. Its key is the
/// words at `slot = bucket + firstSlot + i * slotStride`. A slot with the key's tag and the key is the element. Where no
/// slot has the tag, and the 32 bits at `bucket + overflow` are 0, there is none. In all other cases the function knows.
///
/// The value is at `slot + valueOffset`; in a per-CPU map that of worker `w` at `values + w * workerStride + n *
/// bucketValueStride + i * valueStride` in bucket `n`. Whoever finds an element of an LRU map sets bit `i` of the byte at
/// `bucket + references`. A value of 4 or 8 bytes is overwritten by one store, except in an LRU map.
///
/// Tag first, then key: loads in this order, each of an aligned word, need no lock. A key of two words counts only where
/// the 32 bits at `bucket + version` are the same before its tag is loaded and after its words are.
public struct HashLookupLayout: Hashable, Sendable {
    public let keySize: Int
    public let base: UInt
    public let buckets: UInt64
    public let bucketStride: Int
    public let width: Int
    public let slotStride: Int
    public let valueOffset: Int
    public let placeMask: UInt64
    public let multiplier: UInt64
    public let isLRU: Bool
    /// Nil where values are in the slots.
    public let perCPU: PerCPU?

    public struct PerCPU: Hashable, Sendable {
        public let values: UInt
        public let workerStride: Int
        public let bucketValueStride: Int
        public let valueStride: Int
    }

    public static let references = 7
    public static let firstSlot = HashLayout.headerSize
    public static let version = 8
    public static let overflow = 12
}

extension MapCore {
    /// For hash maps with keys of 4, 8, 12 or 16 bytes and elements of up to 64 bytes, where the processor has that CRC;
    /// nil for all others. Constant while the map lives.
    public var hashLookupLayout: HashLookupLayout? {
        guard case .hash(let map) = kind, [4, 8, 12, 16].contains(keySize) else { return nil }
        return map.table.pointee.lookupLayout
    }
}

extension HashTable {
    var lookupLayout: HashLookupLayout? {
        guard isNear, secret.usesChecksum else { return nil }
        let perCPU = HashLookupLayout.PerCPU(
            values: UInt(bitPattern: values), workerStride: workerStride, bucketValueStride: bucketValueStride,
            valueStride: valueStride)
        return HashLookupLayout(
            keySize: keySize, base: UInt(bitPattern: headers), buckets: buckets, bucketStride: bucketStride,
            width: width, slotStride: slotStride, valueOffset: valueOffset, placeMask: placeMask,
            multiplier: secret.multiplier, isLRU: isLRU, perCPU: isPerCPU ? perCPU : nil)
    }
}
