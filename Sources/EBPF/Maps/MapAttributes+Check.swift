import Object

extension MapAttributes {
    /// The longest key: a program's stack.
    public static let maxKeySize = 512
    /// `PCPU_MIN_UNIT_SIZE`: what Linux gives a value of a per-CPU map.
    public static let maxPerCPUValueSize = 32768
    /// `KMALLOC_MAX_SIZE` on x86-64: Linux wants key, value and a header of 48 bytes below it in a hash map.
    public static let maxElementSize = 4 << 20

    /// `LPM_VAL_SIZE_MAX`: with the longest data and a node of 24 bytes.
    private static let maxLPMValueSize = maxElementSize - 256 - 24

    private static let accessFlags: MapFlags = [.readOnlyUser, .writeOnlyUser, .readOnlyProgram, .writeOnlyProgram]

    /// With what libbpf fills in: a perf event array of no size is as long as there are workers, a ring buffer takes whole
    /// pages, a power of two of them.
    public func adjusted(_ domain: WorkerDomain) -> MapAttributes {
        var attributes = self
        switch type {
        case .perfEventArray where maxEntries == 0: attributes.maxEntries = domain.workers
        case .ringbuf where maxEntries > 0 && maxEntries <= 1 << 31:
            var bytes = 4096
            while bytes < maxEntries { bytes *= 2 }
            attributes.maxEntries = bytes
        default: break
        }
        return attributes
    }

    /// The checks of `array_map_alloc_check` and `htab_map_alloc_check`, kernel/bpf, with their errors.
    func check() throws(MapError) {
        guard extra == 0 || type == .bloomFilter else { throw .invalid("maps of type \(type.name) take no map_extra") }
        switch type {
        case .array: try checkArray(allowed: Self.accessFlags.union([.numaNode, .mmapable, .innerMap]))
        case .perCPUArray: try checkArray(allowed: Self.accessFlags)
        case .hash: try checkHash(allowed: Self.accessFlags.union([.noPrealloc, .zeroSeed, .numaNode]))
        case .lruHash, .lruPerCPUHash: try checkLRU()
        case .lpmTrie: try checkLPM()
        case .perCPUHash: try checkHash(allowed: Self.accessFlags.union([.noPrealloc, .zeroSeed]))
        case .queue, .stack: try checkQueue()
        case .bloomFilter: try checkBloomFilter()
        case .progArray, .arrayOfMaps: try checkReferences(allowed: [.numaNode, .readOnlyUser, .writeOnlyUser])
        case .perfEventArray:
            try checkReferences(allowed: [.numaNode, .readOnlyUser, .writeOnlyUser, .preserveElements])
        case .ringbuf: try checkRing()
        case .hashOfMaps:
            guard valueSize == 4 else { throw .invalid("value size of a map of maps is \(valueSize), expected 4") }
            try checkHash(allowed: Self.accessFlags.union([.noPrealloc, .zeroSeed, .numaNode]))
        case .devmap, .devmapHash, .cpumap, .xskmap: try checkRedirect()
        default: throw .unsupported(type)
        }
    }

    /// fd_array_map_alloc_check, kernel/bpf/arraymap.c
    private func checkReferences(allowed: MapFlags) throws(MapError) {
        guard keySize == 4, valueSize == 4 else {
            throw .invalid("key and value of a map of type \(type.name) are \(keySize) and \(valueSize) bytes, not 4")
        }
        try checkCommon(allowed: allowed)
    }

    /// ringbuf_map_alloc, kernel/bpf/ringbuf.c
    private func checkRing() throws(MapError) {
        guard flags.isSubset(of: .numaNode), keySize == 0, valueSize == 0 else {
            throw .invalid("a ring buffer has no key and no value, and no flag but numa_node")
        }
        guard maxEntries > 0, maxEntries.nonzeroBitCount == 1, maxEntries % 4096 == 0 else {
            throw .invalid("a ring buffer of \(maxEntries) bytes: expected a power of two, whole pages of 4096")
        }
        guard maxEntries <= 1 << 31 else { throw .tooBig("a ring buffer of \(maxEntries) bytes is above 2147483648") }
    }

    /// dev_map_alloc_check, cpu_map_alloc and xsk_map_alloc
    private func checkRedirect() throws(MapError) {
        guard keySize == 4, valueSize == 4 || valueSize == 8 && type != .xskmap else {
            throw .invalid("key and value of a map of type \(type.name) are \(keySize) and \(valueSize) bytes, not 4")
        }
        try checkCommon(allowed: type == .cpumap ? .numaNode : [.numaNode, .readOnlyUser, .writeOnlyUser])
        if type == .cpumap, maxEntries > Self.maxCPUs {
            throw .tooBig("maxEntries \(maxEntries) is above \(Self.maxCPUs) CPUs")
        }
        if type == .devmapHash, maxEntries > 1 << 31 { throw .invalid("maxEntries \(maxEntries) is above 2147483648") }
    }

    /// `NR_CPUS` of Debian's kernel on x86-64.
    private static let maxCPUs = 8192

    /// bpf_map_meta_alloc, kernel/bpf/map_in_map.c
    func check(inner: MapAttributes?) throws(MapError) {
        guard type.holdsMaps else { return }
        guard let inner else { throw .invalid("what the maps in a map of maps are like is not known") }
        guard !inner.type.holdsMaps else { throw .invalid("a map of maps can't hold maps of maps") }
        guard inner.type != .progArray else { throw .notSupported("a map of maps can't hold maps of programs") }
        try inner.check()
    }

    /// queue_stack_map_alloc_check, kernel/bpf/queue_stack_maps.c
    private func checkQueue() throws(MapError) {
        try checkKeyless(allowed: Self.accessFlags.union(.numaNode))
    }

    /// bloom_map_alloc, kernel/bpf/bloom_filter.c
    private func checkBloomFilter() throws(MapError) {
        try checkKeyless(allowed: Self.accessFlags.union([.numaNode, .zeroSeed]))
        guard extra <= 15 else { throw .invalid("map_extra is \(extra), expected at most 15 hashes") }
    }

    private func checkKeyless(allowed: MapFlags) throws(MapError) {
        guard keySize == 0 else { throw .invalid("key size of a map of type \(type.name) is \(keySize), expected 0") }
        try checkCommon(allowed: allowed)
        guard valueSize <= Self.maxElementSize else {
            throw .tooBig("value size \(valueSize) is above \(Self.maxElementSize)")
        }
    }

    private func checkCommon(allowed: MapFlags) throws(MapError) {
        let unknown = flags.subtracting(allowed)
        guard unknown.isEmpty else {
            throw .invalid("flags 0x\(String(unknown.rawValue, radix: 16)) are not for maps of type \(type.name)")
        }
        guard isAccessConsistent else { throw .invalid("flags read-only and write-only exclude each other") }
        guard maxEntries > 0 else { throw .invalid("maxEntries is \(maxEntries), expected at least 1") }
        guard valueSize > 0 else { throw .invalid("value size is \(valueSize), expected at least 1") }
        guard maxEntries <= Int(UInt32.max) else { throw .tooBig("maxEntries \(maxEntries) is above 4294967295") }
    }

    private var isAccessConsistent: Bool {
        !flags.isSuperset(of: [.readOnlyProgram, .writeOnlyProgram])
            && !flags.isSuperset(of: [.readOnlyUser, .writeOnlyUser])
    }

    private func checkArray(allowed: MapFlags) throws(MapError) {
        guard keySize == 4 else { throw .invalid("key size of an array is \(keySize), expected 4") }
        try checkCommon(allowed: allowed)
        guard valueSize <= Int(Int32.max) else { throw .tooBig("value size \(valueSize) is above 2147483647") }
        if type == .perCPUArray { try checkPerCPUValue() }
    }

    private func checkHash(allowed: MapFlags) throws(MapError) {
        guard keySize > 0 else { throw .invalid("key size is \(keySize), expected at least 1") }
        try checkCommon(allowed: allowed)
        guard keySize <= Self.maxKeySize else { throw .tooBig("key size \(keySize) is above \(Self.maxKeySize)") }
        guard valueSize < Self.maxElementSize - 48 - keySize else {
            throw .tooBig("key and value of \(keySize) + \(valueSize) bytes are above \(Self.maxElementSize - 49)")
        }
        if type == .perCPUHash || type == .lruPerCPUHash { try checkPerCPUValue() }
    }

    private func checkLRU() throws(MapError) {
        var allowed: MapFlags = Self.accessFlags.union([.noPrealloc, .noCommonLRU, .zeroSeed])
        if type == .lruHash && !flags.contains(.noCommonLRU) { allowed.insert(.numaNode) }
        if flags.contains(.noPrealloc), flags.isSubset(of: allowed.union(.numaNode)), isAccessConsistent {
            throw .notSupported("a map of type \(type.name) is never without preallocation")
        }
        try checkHash(allowed: allowed)
    }

    /// trie_alloc, kernel/bpf/lpm_trie.c
    private func checkLPM() throws(MapError) {
        guard flags.contains(.noPrealloc) else { throw .invalid("an LPM trie needs the flag no_prealloc") }
        try checkCommon(allowed: Self.accessFlags.union([.noPrealloc, .numaNode]))
        guard (5...260).contains(keySize) else { throw .invalid("key size of an LPM trie is \(keySize), not 5 to 260") }
        guard valueSize <= Self.maxLPMValueSize else {
            throw .invalid("value size \(valueSize) is above \(Self.maxLPMValueSize)")
        }
    }

    private func checkPerCPUValue() throws(MapError) {
        guard roundUp8(valueSize) <= Self.maxPerCPUValueSize else {
            throw .tooBig("value size \(valueSize) of a per-CPU map is above \(Self.maxPerCPUValueSize)")
        }
    }
}
