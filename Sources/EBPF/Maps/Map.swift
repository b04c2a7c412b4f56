import Object
import Synchronization

/// A map: the memory, and what user space does with it.
///
/// Any thread may call anything here while programs run. Keys and values are the bytes that programs see; a value of a
/// per-CPU map is one value per worker, each rounded up to 8 bytes (`userValueSize` in all).
public final class Map: @unchecked Sendable {
    public let attributes: MapAttributes
    public let name: String
    /// What the maps in it are like, for maps of maps.
    public let inner: MapAttributes?
    /// Of all maps of the process; what user space reads of a map in a map.
    public let id: UInt32
    /// What programs use. Valid while the map lives.
    public let core: MapCore
    /// The same, in memory: what programs find in a map of maps.
    public let address: UnsafeMutablePointer<MapCore>
    public let domain: WorkerDomain
    private let memory: MapMemory
    private let keeper: AnyObject?
    private static let lastID = Atomic<UInt32>(0)
    private let frozen = Atomic<Bool>(false)

    /// Types of which there are maps.
    public static let types: Set<MapType> = [
        .array, .perCPUArray, .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .lpmTrie, .queue, .stack,
        .bloomFilter, .progArray, .arrayOfMaps, .hashOfMaps, .devmap, .devmapHash, .cpumap, .xskmap, .ringbuf,
        .perfEventArray,
    ]

    /// - Parameter inner: what the maps within are like, for maps of maps.
    /// - Throws: `unsupported`, `invalid`, `tooBig` as bpf(2) does, `noMemory` where the map takes more than
    ///   `memoryLimit` bytes or than the machine has left.
    public init(
        _ attributes: MapAttributes, domain: WorkerDomain, name: String = "", inner: MapAttributes? = nil,
        memoryLimit: Int = Map.defaultMemoryLimit
    ) throws(MapError) {
        try attributes.check()
        try attributes.check(inner: inner)
        self.attributes = attributes
        self.inner = inner
        self.name = name
        self.domain = domain
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        let parts = try MapParts(attributes, inner: inner, domain: domain, limit: memoryLimit)
        memory = parts.memory
        keeper = parts.keeper
        core = MapCore(
            type: attributes.type, flags: attributes.flags, keySize: attributes.keySize,
            valueSize: attributes.valueSize, functions: parts.functions, kind: parts.kind)
        address = .allocate(capacity: 1)
        address.initialize(to: core)
    }

    deinit { address.deallocate() }

    /// Bytes that one map may take: 4 GiB.
    public static let defaultMemoryLimit = MapMemory.defaultLimit

    /// Bytes of memory that the map reserves; pages are taken when they are first used.
    public var memoryBytes: Int { memory.bytes + (records?.bytes ?? 0) }

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

    /// Of maps of objects.
    var references: References? { (keeper as? ReferenceKeeper)?.references }

    /// Of maps of records.
    var records: RecordReader? { keeper as? RecordReader }

    /// User space can't write any more (`BPF_MAP_FREEZE`); programs still can.
    public func freeze() { frozen.store(true, ordering: .releasing) }

    public var isFrozen: Bool { frozen.load(ordering: .acquiring) }
}
