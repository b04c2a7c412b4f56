import Object
import Synchronization

/// A map: the memory, and what user space does with it.
///
/// Any thread may call anything here while programs run. Keys and values are the bytes that programs see; a value of a
/// per-CPU map is one value per worker, each rounded up to 8 bytes (`userValueSize` in all).
public final class Map: @unchecked Sendable {
    public let attributes: MapAttributes
    public let name: String
    /// What programs use. Valid while the map lives.
    public let core: MapCore
    public let domain: WorkerDomain
    private let memory: MapMemory
    private let frozen = Atomic<Bool>(false)

    /// Types of which there are maps.
    public static let types: Set<MapType> = [
        .array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie,
    ]

    /// - Throws: `unsupported`, `invalid`, `tooBig` as bpf(2) does, `noMemory` where the map takes more than
    ///   `memoryLimit` bytes or than the machine has left.
    public init(
        _ attributes: MapAttributes, domain: WorkerDomain, name: String = "", memoryLimit: Int = Map.defaultMemoryLimit
    ) throws(MapError) {
        try attributes.check()
        self.attributes = attributes
        self.name = name
        self.domain = domain
        let kind: MapCore.Kind
        let functions: MapFunctions
        switch attributes.type {
        case .array:
            (memory, kind, functions) = try Self.makeArray(attributes, memoryLimit)
        case .perCPUArray:
            (memory, kind, functions) = try Self.makePerCPUArray(attributes, domain, memoryLimit)
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash:
            (memory, kind, functions) = try Self.makeHash(attributes, domain, memoryLimit)
        case .lpmTrie:
            (memory, kind, functions) = try Self.makeLPM(attributes, domain, memoryLimit)
        default: throw .unsupported(attributes.type)
        }
        core = MapCore(
            type: attributes.type, flags: attributes.flags, keySize: attributes.keySize,
            valueSize: attributes.valueSize, functions: functions, kind: kind)
    }

    /// Bytes that one map may take: 4 GiB.
    public static let defaultMemoryLimit = MapMemory.defaultLimit

    private typealias Parts = (MapMemory, MapCore.Kind, MapFunctions)

    private static func makeArray(_ attributes: MapAttributes, _ limit: Int) throws(MapError) -> Parts {
        let stride = roundUp8(attributes.valueSize)
        var size = MapSize()
        _ = try size.add(attributes.maxEntries, stride)
        let description = try size.add(1, MemoryLayout<ArrayMap>.size)
        let memory = try MapMemory(bytes: size.bytes, limit: limit)
        let map = ArrayMap(
            values: memory.base, stride: stride, valueSize: attributes.valueSize, count: UInt32(attributes.maxEntries))
        return (memory, .array(map), ArrayMap.functions(memory.store(map, at: description)))
    }

    private static func makePerCPUArray(
        _ attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int
    ) throws(MapError) -> Parts {
        let stride = roundUp8(attributes.valueSize)
        // 8 elements are a whole number of cache lines.
        let slotStride = try MapSize.product(roundUp8(attributes.maxEntries), stride)
        var size = MapSize()
        _ = try size.add(domain.slots, slotStride)
        let description = try size.add(1, MemoryLayout<PerCPUArrayMap>.size)
        let memory = try MapMemory(bytes: size.bytes, limit: limit)
        let map = PerCPUArrayMap(
            values: memory.base, stride: stride, slotStride: slotStride, valueSize: attributes.valueSize,
            count: UInt32(attributes.maxEntries), workers: domain.workers)
        return (memory, .perCPUArray(map), PerCPUArrayMap.functions(memory.store(map, at: description)))
    }

    private static func makeHash(
        _ attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int
    ) throws(MapError) -> Parts {
        let perCPU = attributes.type == .perCPUHash || attributes.type == .lruPerCPUHash
        let layout = try HashLayout(attributes, perCPU: perCPU, slots: domain.slots)
        let memory = try MapMemory(bytes: layout.bytes, limit: limit)
        let table = (memory.base + layout.table).bindMemory(to: HashTable.self, capacity: 1)
        table.initialize(to: HashTable(layout, base: memory.base, attributes: attributes, domain: domain))
        let map = HashMap(table)
        return (memory, .hash(map), map.functions)
    }

    private static func makeLPM(
        _ attributes: MapAttributes, _ domain: WorkerDomain, _ limit: Int
    ) throws(MapError) -> Parts {
        let layout = try LPMLayout(attributes)
        let memory = try MapMemory(bytes: layout.bytes, limit: limit)
        let trie = (memory.base + layout.trie).bindMemory(to: LPMTrie.self, capacity: 1)
        trie.initialize(to: LPMTrie(layout, base: memory.base, attributes: attributes, domain: domain))
        let map = LPMMap(trie)
        return (memory, .lpm(map), map.functions)
    }

    /// Bytes of memory that the map reserves; pages are taken when they are first used.
    public var memoryBytes: Int { memory.bytes }

    /// Whether values are per worker.
    public var isPerCPU: Bool {
        switch attributes.type {
        case .perCPUArray, .perCPUHash, .lruPerCPUHash: true
        default: false
        }
    }

    /// Bytes of a value as user space sees it.
    public var userValueSize: Int {
        isPerCPU ? roundUp8(attributes.valueSize) * domain.workers : attributes.valueSize
    }

    /// Elements in the map now; `maxEntries` for arrays.
    public var entryCount: Int { storage.elements }

    var storage: MapCore.Kind { core.kind }

    /// User space can't write any more (`BPF_MAP_FREEZE`); programs still can.
    public func freeze() { frozen.store(true, ordering: .releasing) }

    public var isFrozen: Bool { frozen.load(ordering: .acquiring) }
}
