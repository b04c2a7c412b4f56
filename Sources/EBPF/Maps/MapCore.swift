import Object

/// A map as programs see it: what the helpers call.
///
/// Trivially copyable; valid while its `Map` lives. Nothing here allocates, retains or throws; lookups never wait.
/// `slot` is the worker's number, or `WorkerDomain.spareSlot`. Keys and values have the map's sizes and may be unaligned.
public struct MapCore {
    public let type: MapType
    public let flags: MapFlags
    public let keySize: Int
    public let valueSize: Int
    /// The same operations as C functions.
    public let functions: MapFunctions
    let kind: Kind

    enum Kind {
        case array(ArrayMap)
        case perCPUArray(PerCPUArrayMap)
        case hash(HashMap)
        case perCPUHash(PerCPUHashMap)
    }

    /// Hot path. The value, aligned to 8 bytes; of this worker for per-CPU maps.
    ///
    /// Its memory stays this element's until the worker's next quiescent point, deleted or not, while spare slots last.
    @inline(__always)
    public func lookup(_ key: UnsafeRawPointer, slot: Int) -> UnsafeMutableRawPointer? {
        switch kind {
        case .array(let map): map.lookup(key)
        case .perCPUArray(let map): map.lookup(key, slot: slot)
        case .hash(let map): map.lookup(key)
        case .perCPUHash(let map): map.lookup(key, slot: slot)
        }
    }

    /// Hot path. 0 or a negated errno: EINVAL (flags), EEXIST, ENOENT, E2BIG (full, or past the end of an array).
    @inline(__always)
    public func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64, slot: Int) -> Int64 {
        switch kind {
        case .array(let map): map.update(key, value, flags: flags).result
        case .perCPUArray(let map): map.update(key, value, flags: flags, slot: slot).result
        case .hash(let map): map.update(key, value, flags: flags).result
        case .perCPUHash(let map): map.update(key, value, flags: flags, slot: slot).result
        }
    }

    /// Hot path. 0 or a negated errno: ENOENT, EINVAL (arrays).
    @inline(__always)
    public func delete(_ key: UnsafeRawPointer, slot: Int) -> Int64 {
        switch kind {
        case .array, .perCPUArray: MapStatus.invalid.result
        case .hash(let map): map.delete(key).result
        case .perCPUHash(let map): map.delete(key).result
        }
    }

    /// The memory that holds the values: whatever `lookup` returns is `base + i * stride + valueOffset` for some `i`.
    ///
    /// Not all such addresses are values: `isValue` is exact.
    public struct ValueRegion {
        public let base: UnsafeMutableRawPointer
        public let bytes: Int
        public let stride: Int
        public let valueOffset: Int
    }

    public var valueRegions: ValueRegion {
        switch kind {
        case .array(let map):
            ValueRegion(base: map.values, bytes: Int(map.count) * map.stride, stride: map.stride, valueOffset: 0)
        case .perCPUArray(let map):
            ValueRegion(
                base: map.values, bytes: (map.workers + 1) * map.slotStride, stride: map.stride, valueOffset: 0)
        case .hash(let map): map.table.pointee.inlineRegion
        case .perCPUHash(let map):
            ValueRegion(
                base: map.values.base, bytes: (map.values.workers + 1) * map.values.workerStride,
                stride: map.values.stride, valueOffset: 0)
        }
    }

    /// Whether all of `bytes` bytes from `address` lie in one value.
    @inline(__always)
    public func isValue(_ address: UnsafeRawPointer, bytes: Int) -> Bool {
        let region = valueRegions
        let offset = address - UnsafeRawPointer(region.base)
        guard offset >= 0, offset < region.bytes else { return false }
        let within = offset % region.stride - region.valueOffset
        guard within >= 0, within <= valueSize, bytes <= valueSize - within else { return false }
        if case .hash(let map) = kind { return map.table.pointee.isSlot(offset: offset) }
        return true
    }

    /// Element 0 of an array (`BPF_PSEUDO_MAP_VALUE`); nil for all other types.
    public func directValue() -> UnsafeMutableRawPointer? {
        if case .array(let map) = kind { map.values } else { nil }
    }
}

extension HashTable {
    /// Headers, where they are among the slots, are as large as a whole number of slots.
    var inlineRegion: MapCore.ValueRegion {
        let start = headerStride == bucketStride ? headers : slots
        return MapCore.ValueRegion(
            base: start, bytes: buckets &* bucketStride, stride: slotStride, valueOffset: valueOffset)
    }

    /// Whether this offset in the region is in a slot rather than in a bucket's header.
    @inline(__always)
    func isSlot(offset: Int) -> Bool {
        headerStride != bucketStride || offset % bucketStride >= slots - headers
    }
}
