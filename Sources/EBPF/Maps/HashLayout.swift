import Object

/// Sizes and offsets of a `HashTable` in its memory.
struct HashLayout {
    let width: Int
    let buckets: Int
    let slotStride: Int
    let bucketStride: Int
    let headerStride: Int
    /// Slots beyond `maxEntries` that may be retired at a time.
    let spare: Int
    let valueStride: Int
    let workerStride: Int
    let headers: Int
    let slots: Int
    let stamps: Int
    let table: Int
    /// Of per-CPU values.
    let values: Int?
    let bytes: Int

    /// At least so many slots are spare, or a quarter of the entries, as long as they take no more than
    /// `spareBytes` or as much as the entries.
    private static let spareSlots = 4096
    private static let spareBytes = 64 << 20

    init(_ attributes: MapAttributes, perCPU: Bool, slots workerSlots: Int) throws(MapError) {
        let keyStride = roundUp8(attributes.keySize)
        valueStride = roundUp8(attributes.valueSize)
        slotStride = Self.lineFitting(keyStride + (perCPU ? 0 : valueStride))

        let entries = attributes.maxEntries
        let element = slotStride + (perCPU ? valueStride * workerSlots : 0)
        spare = min(max(Self.spareSlots, entries / 4), max(Self.spareBytes / element, entries))
        // 8 bytes: six slots and the header fill a cache line.
        width = slotStride == 8 ? 6 : 7
        let wanted = entries + spare
        buckets = (wanted + wanted / 8 + width) / width

        var size = MapSize()
        // Slots come first, on a page.
        if slotStride <= 64 {
            let headerSize = max(slotStride, 16)
            headerStride = headerSize + width * slotStride
            bucketStride = headerStride
            headers = try size.add(buckets, bucketStride)
            slots = headers + headerSize
        } else {
            headerStride = 16
            bucketStride = width * slotStride
            headers = try size.add(buckets, headerStride)
            slots = try size.add(buckets, bucketStride)
        }
        stamps = try size.add(buckets, 8)
        table = try size.add(1, MemoryLayout<HashTable>.stride + MemoryLayout<Retirement>.size)
        if perCPU {
            // A multiple of 8 elements, hence of a cache line.
            let elements = (buckets * width + 7) & ~7
            workerStride = try MapSize.product(elements, valueStride)
            values = try size.add(workerSlots, workerStride)
        } else {
            workerStride = 0
            values = nil
        }
        bytes = size.bytes
    }

    /// The size of a slot, enlarged by up to a third where that keeps slots from straddling cache lines.
    private static func lineFitting(_ bytes: Int) -> Int {
        switch bytes {
        case 24: 32
        case 48, 56: 64
        default: bytes
        }
    }
}
