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
        case lpm(LPMMap)
        case queue(QueueMap)
        case bloom(BloomMap)
        case references(ReferenceMap)
        case records(RecordMap)
    }

    /// Hot path. The value, aligned to 8 bytes; of this worker for per-CPU maps.
    ///
    /// Its memory stays this element's until the worker's next quiescent point, deleted or not, while spare slots last.
    @inline(__always)
    public func lookup(_ key: UnsafeRawPointer, slot: Int) -> UnsafeMutableRawPointer? {
        switch kind {
        case .array(let map): map.lookup(key)
        case .perCPUArray(let map): map.lookup(key, slot: slot)
        default: functions.lookup(functions.map, key, slot)
        }
    }

    /// Hot path. 0 or a negated errno: EINVAL (flags), EEXIST, ENOENT, E2BIG (full, or past the end of an array), ENOSPC (a full
    /// trie), ENOMEM (more elements were deleted in this run than there are spare slots, while other workers run).
    @inline(__always)
    public func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64, slot: Int) -> Int64 {
        functions.update(functions.map, key, value, flags, slot)
    }

    /// Hot path. 0 or a negated errno: ENOENT, EINVAL (arrays).
    @inline(__always)
    public func delete(_ key: UnsafeRawPointer, slot: Int) -> Int64 {
        functions.delete(functions.map, key, slot)
    }

    /// The memory that holds the values: whatever `lookup` returns is `base + i * stride` for some `i`.
    ///
    /// Not all such addresses are values: `valueStart` is exact.
    public struct ValueRegion {
        public let base: UnsafeMutableRawPointer
        public let bytes: Int
        public let stride: Int
    }

    public var valueRegion: ValueRegion {
        switch kind {
        case .array(let map):
            ValueRegion(base: map.values, bytes: Int(map.count) * map.stride, stride: map.stride)
        case .perCPUArray(let map):
            ValueRegion(base: map.values, bytes: (map.workers + 1) * map.slotStride, stride: map.stride)
        case .hash(let map): map.table.pointee.valueRegion
        case .lpm(let map): map.trie.pointee.valueRegion
        case .queue, .bloom, .references, .records: ValueRegion(base: functions.map, bytes: 0, stride: 8)
        }
    }

    /// Where the value begins in which all of `bytes` bytes from `address` lie; nil where there is none.
    @inline(__always)
    public func valueStart(_ address: UnsafeRawPointer, bytes: Int) -> UnsafeRawPointer? {
        let region = valueRegion
        let offset = address - UnsafeRawPointer(region.base)
        guard offset >= 0, offset < region.bytes else { return nil }
        let within: Int
        switch kind {
        case .hash(let map): within = map.table.pointee.offsetInValue(offset)
        default: within = offset % region.stride
        }
        guard within >= 0, within <= valueSize, bytes <= valueSize - within else { return nil }
        return address - within
    }

    /// Element 0 of an array (`BPF_PSEUDO_MAP_VALUE`); nil for all other types.
    public func directValue() -> UnsafeMutableRawPointer? {
        if case .array(let map) = kind { map.values } else { nil }
    }
}

extension HashTable {
    var valueRegion: MapCore.ValueRegion {
        isPerCPU
            ? MapCore.ValueRegion(base: values, bytes: (workers &+ 1) &* workerStride, stride: valueStride)
            : MapCore.ValueRegion(base: slots, bytes: Int(buckets) &* bucketStride, stride: 8)
    }

    /// From the start of a slot's value to this offset in the region; negative where there is no value.
    func offsetInValue(_ offset: Int) -> Int {
        if isPerCPU { return offset % valueStride }
        let inBucket = offset % bucketStride
        return inBucket < width &* slotStride ? inBucket % slotStride &- valueOffset : -1
    }
}
