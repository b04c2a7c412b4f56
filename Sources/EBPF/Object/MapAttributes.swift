/// What a map is created from: `union bpf_attr` for `BPF_MAP_CREATE`, <linux/bpf.h>.
public struct MapAttributes: Hashable, Sendable {
    public var type: MapType
    /// Bytes of a key; 4 for arrays.
    public var keySize: Int
    /// Bytes of a value, as declared; storage rounds it up to 8.
    public var valueSize: Int
    public var maxEntries: Int
    public var flags: MapFlags
    /// `map_extra`: the hashes of a Bloom filter, up to 15; 0: 5 of them. 0 for all other types.
    public var extra: UInt64

    public init(
        type: MapType, keySize: Int, valueSize: Int, maxEntries: Int, flags: MapFlags = [], extra: UInt64 = 0
    ) {
        self.type = type
        self.keySize = keySize
        self.valueSize = valueSize
        self.maxEntries = maxEntries
        self.flags = flags
        self.extra = extra
    }
}

/// `BPF_F_...` of map creation, <linux/bpf.h>.
public struct MapFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `BPF_F_NO_PREALLOC`: accepted; memory is taken at creation all the same.
    public static let noPrealloc = MapFlags(rawValue: 1 << 0)
    /// `BPF_F_NO_COMMON_LRU`
    public static let noCommonLRU = MapFlags(rawValue: 1 << 1)
    /// `BPF_F_NUMA_NODE`
    public static let numaNode = MapFlags(rawValue: 1 << 2)
    /// `BPF_F_RDONLY`: user space only reads.
    public static let readOnlyUser = MapFlags(rawValue: 1 << 3)
    /// `BPF_F_WRONLY`: user space only writes.
    public static let writeOnlyUser = MapFlags(rawValue: 1 << 4)
    /// `BPF_F_ZERO_SEED`
    public static let zeroSeed = MapFlags(rawValue: 1 << 6)
    /// `BPF_F_RDONLY_PROG`: programs only read.
    public static let readOnlyProgram = MapFlags(rawValue: 1 << 7)
    /// `BPF_F_WRONLY_PROG`: programs only write.
    public static let writeOnlyProgram = MapFlags(rawValue: 1 << 8)
    /// `BPF_F_MMAPABLE`
    public static let mmapable = MapFlags(rawValue: 1 << 10)
    /// `BPF_F_PRESERVE_ELEMS`
    public static let preserveElements = MapFlags(rawValue: 1 << 11)
    /// `BPF_F_INNER_MAP`
    public static let innerMap = MapFlags(rawValue: 1 << 12)
}
