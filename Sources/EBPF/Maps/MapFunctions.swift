/// A map's operations as C functions, chosen by its type and key size when it is created: what JITed code calls.
///
/// The arguments are in the order of the System V calling convention, `map` first; `slot` is the worker's. They are the
/// helpers' semantics, with nothing checked: `key` and `value` are readable memory of the map's sizes, at any alignment.
/// They never unwind, call back or touch the caller's memory beyond what they are given.
public struct MapFunctions {
    /// Hot path. The value's address, aligned to 8 bytes, or null.
    public typealias Lookup =
        @convention(c) (_ map: UnsafeMutableRawPointer, _ key: UnsafeRawPointer, _ slot: Int) ->
        UnsafeMutableRawPointer?
    /// Hot path. 0 or a negated errno.
    public typealias Update =
        @convention(c) (
            _ map: UnsafeMutableRawPointer, _ key: UnsafeRawPointer, _ value: UnsafeRawPointer, _ flags: UInt64,
            _ slot: Int
        ) -> Int64
    /// Hot path. 0 or a negated errno.
    public typealias Delete =
        @convention(c) (_ map: UnsafeMutableRawPointer, _ key: UnsafeRawPointer, _ slot: Int) -> Int64

    /// The first argument of all three. Constant while the map lives.
    public let map: UnsafeMutableRawPointer
    public let lookup: Lookup
    public let update: Update
    public let delete: Delete
}

/// Where the values of an array are, for code that looks them up by itself: element `i` of worker `w` is at
/// `base + w * workerStride + i * stride`, for `i` below `count`.
public struct ArrayLayout: Hashable, Sendable {
    public let base: UInt
    /// A multiple of 8: the value's size, rounded up.
    public let stride: Int
    public let count: UInt32
    /// 0 where all workers share the values.
    public let workerStride: Int
}

/// How a key of 4 to 16 bytes is found in a plain hash map, for code that looks first by itself and calls
/// `MapFunctions.lookup` when it is not sure.
///
/// With `fold(a, b)` the exclusive or of the halves of the product of 128 bits, and the key as one or two little-endian
/// words, the last of which may be of 32 bits:
///
///     hash   = fold(key ^ start, inner), or fold(fold(low ^ start, inner) ^ high, inner)
///     bucket = base + ((hash * outer mod 2^64) * buckets >> 64) * bucketStride
///     tag    = hash & 0x7f | 0x80
///
/// The byte `i` of the word at `bucket` is the tag of slot `i`, below `width`, all others are 0; its key is the words at
/// `slot = bucket + firstSlot + i * slotStride`, its value at `slot + valueOffset`. A slot with the key's tag and the key
/// is the element. Where no slot has the tag, and the 32 bits at `bucket + overflow` are 0, there is none. In all other
/// cases the function knows.
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
    public let start: UInt64
    public let inner: UInt64
    public let outer: UInt64

    public static let firstSlot = HashLayout.headerSize
    public static let version = 8
    public static let overflow = 12
}

extension MapCore {
    /// For hash maps with keys of 4, 8, 12 or 16 bytes and elements of up to 64 bytes; nil for all others. Constant while
    /// the map lives.
    public var hashLookupLayout: HashLookupLayout? {
        guard case .hash(let map) = kind, map.table.pointee.isPlain, [4, 8, 12, 16].contains(keySize)
        else { return nil }
        let secret = map.table.pointee.secret
        return HashLookupLayout(
            keySize: keySize, base: UInt(bitPattern: map.table.pointee.headers), buckets: map.table.pointee.buckets,
            bucketStride: map.table.pointee.bucketStride, width: map.table.pointee.width,
            slotStride: map.table.pointee.slotStride, valueOffset: map.table.pointee.valueOffset,
            start: secret.start, inner: secret.inner, outer: secret.outer)
    }

    /// For arrays and per-CPU arrays; nil for all other types. Constant while the map lives.
    public var arrayLayout: ArrayLayout? {
        switch kind {
        case .array(let map):
            ArrayLayout(base: UInt(bitPattern: map.values), stride: map.stride, count: map.count, workerStride: 0)
        case .perCPUArray(let map):
            ArrayLayout(
                base: UInt(bitPattern: map.values), stride: map.stride, count: map.count, workerStride: map.slotStride)
        default: nil
        }
    }
}
