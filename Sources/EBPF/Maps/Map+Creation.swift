import Object

/// What a map is made of, by type.
struct MapParts {
    let memory: MapMemory
    let kind: MapCore.Kind
    let functions: MapFunctions
    /// What has to live as long as the map.
    var keeper: AnyObject?

    init(
        _ attributes: MapAttributes, inner: MapAttributes?, domain: WorkerDomain, limit: Int
    ) throws(MapError) {
        switch attributes.type {
        case .array: try self.init(array: attributes, limit)
        case .perCPUArray: try self.init(perCPUArray: attributes, domain, limit)
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash: try self.init(hash: attributes, domain, limit)
        case .lpmTrie: try self.init(trie: attributes, domain, limit)
        case .queue, .stack: try self.init(queue: attributes, limit)
        case .bloomFilter: try self.init(bloomFilter: attributes, limit)
        case .progArray, .arrayOfMaps, .devmap, .cpumap, .xskmap, .hashOfMaps, .devmapHash:
            try self.init(references: attributes, inner, domain, limit)
        case .ringbuf, .perfEventArray: try self.init(records: attributes, domain, limit)
        default: throw .unsupported(attributes.type)
        }
    }

    private init(array attributes: MapAttributes, _ limit: Int) throws(MapError) {
        let stride = roundUp8(attributes.valueSize)
        var size = MapSize()
        _ = try size.add(attributes.maxEntries, stride)
        let description = try size.add(1, MemoryLayout<ArrayMap>.size)
        memory = try MapMemory(bytes: size.bytes, limit: limit)
        let map = ArrayMap(
            values: memory.base, stride: stride, valueSize: attributes.valueSize, count: UInt32(attributes.maxEntries))
        kind = .array(map)
        functions = ArrayMap.functions(memory.store(map, at: description))
    }

    private init(perCPUArray attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int) throws(MapError) {
        let stride = roundUp8(attributes.valueSize)
        // 8 elements are a whole number of cache lines.
        let slotStride = try MapSize.product(roundUp8(attributes.maxEntries), stride)
        var size = MapSize()
        _ = try size.add(domain.slots, slotStride)
        let description = try size.add(1, MemoryLayout<PerCPUArrayMap>.size)
        memory = try MapMemory(bytes: size.bytes, limit: limit)
        let map = PerCPUArrayMap(
            values: memory.base, stride: stride, slotStride: slotStride, valueSize: attributes.valueSize,
            count: UInt32(attributes.maxEntries), workers: domain.workers)
        kind = .perCPUArray(map)
        functions = PerCPUArrayMap.functions(memory.store(map, at: description))
    }

    private init(hash attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int) throws(MapError) {
        let perCPU = attributes.type == .perCPUHash || attributes.type == .lruPerCPUHash
        let layout = try HashLayout(attributes, perCPU: perCPU, slots: domain.slots)
        memory = try MapMemory(bytes: layout.bytes, limit: limit)
        let table = (memory.base + layout.table).bindMemory(to: HashTable.self, capacity: 1)
        table.initialize(to: HashTable(layout, base: memory.base, attributes: attributes, domain: domain))
        let map = HashMap(table)
        kind = .hash(map)
        functions = map.functions
    }

    private init(trie attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int) throws(MapError) {
        let layout = try LPMLayout(attributes)
        memory = try MapMemory(bytes: layout.bytes, limit: limit)
        let trie = (memory.base + layout.trie).bindMemory(to: LPMTrie.self, capacity: 1)
        trie.initialize(to: LPMTrie(layout, base: memory.base, attributes: attributes, domain: domain))
        let map = LPMMap(trie)
        kind = .lpm(map)
        functions = map.functions
    }

    private init(queue attributes: MapAttributes, _ limit: Int) throws(MapError) {
        var size = MapSize()
        _ = try size.add(attributes.maxEntries, roundUp8(attributes.valueSize))
        let offset = try size.add(1, MemoryLayout<QueueTable>.size)
        memory = try MapMemory(bytes: size.bytes, limit: limit)
        let table = (memory.base + offset).bindMemory(to: QueueTable.self, capacity: 1)
        table.initialize(to: QueueTable(attributes, values: memory.base))
        kind = .queue(QueueMap(table))
        functions = .none(table)
    }

    private init(bloomFilter attributes: MapAttributes, _ limit: Int) throws(MapError) {
        var size = MapSize()
        _ = try size.add(BloomFilter.bits(attributes) / 8, 1)
        let offset = try size.add(1, MemoryLayout<BloomFilter>.size)
        memory = try MapMemory(bytes: size.bytes, limit: limit)
        let filter = memory.store(BloomFilter(attributes, bits: memory.base), at: offset)
        kind = .bloom(BloomMap(filter))
        functions = .none(filter)
    }

    private init(
        references attributes: MapAttributes, _ inner: MapAttributes?, _ domain: WorkerDomain, _ limit: Int
    ) throws(MapError) {
        var size = MapSize()
        _ = try size.add(attributes.maxEntries, 8)
        let place = try size.add(1, MemoryLayout<ReferenceTable>.size)
        var hash: HashMap?
        var parts: MapParts?
        if attributes.type == .hashOfMaps || attributes.type == .devmapHash {
            let words = MapAttributes(
                type: .hash, keySize: attributes.keySize, valueSize: 8, maxEntries: attributes.maxEntries)
            let made = try MapParts(hash: words, domain, limit)
            if case .hash(let map) = made.kind { hash = map }
            parts = made
        }
        memory = try MapMemory(bytes: size.bytes, limit: limit)
        let references = References(attributes, inner: inner, domain: domain, words: memory.base, hash: hash)
        let table = (memory.base + place).bindMemory(to: ReferenceTable.self, capacity: 1)
        table.initialize(
            to: ReferenceTable(
                words: memory.base, count: UInt32(attributes.maxEntries), hash: hash, hashFunctions: parts?.functions,
                references: .passUnretained(references)))
        kind = .references(ReferenceMap(table: table))
        functions = ReferenceMap.functions(table)
        keeper = ReferenceKeeper(references: references, hashMemory: parts?.memory)
    }
}

extension MapParts {
    /// Bytes of a worker's ring of perf events.
    private static let perfBytes = 256 << 10

    private init(records attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int) throws(MapError) {
        let isPerf = attributes.type == .perfEventArray
        let reader = try RecordReader(
            rings: isPerf ? domain.slots : 1, bytes: isPerf ? Self.perfBytes : attributes.maxEntries, isPerf: isPerf,
            limit: limit)
        // Nothing but a place for functions to be called with.
        memory = try MapMemory(bytes: 8, limit: limit)
        kind = .records(reader.map(attributes))
        functions = .none(memory.base)
        keeper = reader
    }
}

/// Keeps what a map of objects is made of.
final class ReferenceKeeper {
    let references: References
    private let hashMemory: MapMemory?

    init(references: References, hashMemory: MapMemory?) {
        self.references = references
        self.hashMemory = hashMemory
    }
}
