import Object

/// Sizes and offsets of a `HashTable` in its memory.
struct HashLayout {
    /// Slots in a bucket.
    let width: Int
    let buckets: Int
    /// See `HashTable`.
    let placeMask: UInt64
    let slotStride: Int
    let bucketStride: Int
    /// Deleted slots that may wait for a quiescent point at a time.
    let spare: Int
    /// Deletions that wait for one together.
    let generation: Int
    let valueStride: Int
    /// 0 where values are in the slots.
    let workerStride: Int
    let headers: Int
    /// The same as a bucket's stride where headers are inside the buckets.
    let headerStride: Int
    let slots: Int
    let table: Int
    let generations: Int
    let writers: Int
    let values: Int
    let bytes: Int

    /// At least so many slots are spare, or a quarter of the entries, as long as they take no more than
    /// `spareBytes` or as much as the entries.
    private static let spareSlots = 4096
    private static let spareBytes = 64 << 20
    private static let smallBytes = 16 << 20
    static let headerSize = 16
    private static let line = 64

    init(_ attributes: MapAttributes, perCPU: Bool, slots workerSlots: Int) throws(MapError) {
        let keyStride = roundUp8(attributes.keySize)
        valueStride = roundUp8(attributes.valueSize)
        slotStride = keyStride + (perCPU ? 0 : valueStride)

        let entries = attributes.maxEntries
        let element = slotStride + (perCPU ? valueStride * workerSlots : 0)
        let wide = min(max(Self.spareSlots, entries / 4), max(Self.spareBytes / element, entries))
        // The hand of an LRU map goes round: there must not be too many buckets for each element.
        let isLRU = attributes.type == .lruHash || attributes.type == .lruPerCPUHash
        spare = isLRU ? min(wide, entries.multipliedReportingOverflow(by: 64).partialValue) : wide
        generation = max(spare / 16, 1)

        let isLarge = slotStride > Self.line
        if isLarge {
            width = 7
            headerStride = Self.headerSize
            bucketStride = width * slotStride
        } else {
            (width, bucketStride) = Self.bucket(slotStride)
            headerStride = bucketStride
        }
        // Narrow buckets are soon full: they need more room.
        let wanted = entries + spare + generation
        let room = wanted + wanted / (width < 4 ? 2 : 8)
        buckets = Self.buckets(
            room / width + 1, bytes: bucketStride + (perCPU ? width * valueStride * workerSlots : 0))
        // All of it from 32 bits of a hash, and at least one.
        let isPlaced =
            !isLarge && buckets.nonzeroBitCount == 1 && bucketStride.nonzeroBitCount == 1 && buckets > 1
            && buckets.trailingZeroBitCount + bucketStride.trailingZeroBitCount <= 32
        placeMask = isPlaced ? UInt64((buckets - 1) * bucketStride) : 0

        var size = MapSize()
        headers = try size.add(buckets, headerStride)
        slots = isLarge ? try size.add(buckets, bucketStride) : headers + Self.headerSize
        table = try size.add(1, MemoryLayout<HashTable>.size)
        generations = try size.add(1, MemoryLayout<Generations>.size)
        writers = try size.add(workerSlots, MemoryLayout<HashWriter>.stride)
        if perCPU {
            // A multiple of 8 elements, hence of a cache line.
            let elements = (buckets * width + 7) & ~7
            workerStride = try MapSize.product(elements, valueStride)
            values = try size.add(workerSlots, workerStride)
        } else {
            workerStride = 0
            values = 0
        }
        bytes = size.bytes
    }

    /// A power of two, from which code chooses by a mask, where that is not much more than `exact`, or not much at all.
    private static func buckets(_ exact: Int, bytes: Int) -> Int {
        guard exact > 1 else { return exact }
        let power = 1 << (Int.bitWidth - (exact - 1).leadingZeroBitCount)
        return power - exact <= exact / 8 || power <= smallBytes / bytes ? power : exact
    }

    /// The bucket in whole cache lines that wastes least, of few lines rather than many: a lookup that needs only one
    /// line costs one cache miss.
    private static func bucket(_ slotStride: Int) -> (width: Int, stride: Int) {
        var best = (width: 0, stride: line)
        for lines in 1...4 {
            let stride = lines * line
            // A tag for each in the header, and a byte for the reference bits.
            let width = min(7, (stride - headerSize) / slotStride)
            let gain = width * slotStride * best.stride * 4 > best.width * slotStride * stride * 5
            if width > 0, best.width == 0 || gain { best = (width, stride) }
        }
        return best
    }
}
