import Object

/// Sizes and offsets of an `LPMTrie` in its memory.
struct LPMLayout {
    let dataBytes: Int
    let nodeStride: Int
    let valueOffset: Int
    /// Nodes, and one that has the number 0 and is none.
    let nodeCount: Int
    /// Bits that the table of tops is indexed by.
    let topBits: Int
    let nodes: Int
    let tops: Int
    let shorts: Int
    let stamps: Int
    let queue: Int
    let trie: Int
    let bytes: Int

    /// As in a `HashLayout`.
    private static let spare = 4096
    private static let spareBytes = 64 << 20
    static let maxTopBits = 20

    init(_ attributes: MapAttributes) throws(MapError) {
        dataBytes = attributes.keySize - LPMKey.headerSize
        valueOffset = LPMNode.headerSize + roundUp8(dataBytes)
        nodeStride = valueOffset + roundUp8(attributes.valueSize)
        let entries = attributes.maxEntries
        let spare = min(max(Self.spare, entries / 4), max(Self.spareBytes / (2 * nodeStride), entries))
        // As many intermediate nodes as elements, at most; a deletion retires up to two nodes.
        nodeCount = 2 * (entries + spare) + 1
        guard nodeCount <= Int(UInt32.max) else { throw .noMemory("\(entries) entries are more than a trie can have") }
        let wanted = Int.bitWidth - entries.leadingZeroBitCount + 1
        topBits = min(max(wanted, 8), Self.maxTopBits, 8 * dataBytes)

        var size = MapSize()
        nodes = try size.add(nodeCount, nodeStride)
        tops = try size.add(1 << topBits, 4)
        shorts = try size.add(1 << topBits, 4)
        stamps = try size.add(nodeCount, 8)
        queue = try size.add(nodeCount, 4)
        trie = try size.add(1, MemoryLayout<LPMTrie>.stride + MemoryLayout<LPMNursery>.size)
        bytes = size.bytes
    }
}
