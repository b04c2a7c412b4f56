import Object

extension MapAttributes {
    /// The longest key: a program's stack.
    public static let maxKeySize = 512
    /// `PCPU_MIN_UNIT_SIZE`: what Linux gives a value of a per-CPU map.
    public static let maxPerCPUValueSize = 32768
    /// `KMALLOC_MAX_SIZE` on x86-64: Linux wants key, value and a header of 48 bytes below it in a hash map.
    private static let maxElementSize = 4 << 20

    /// `LPM_VAL_SIZE_MAX`: with the longest data and a node of 24 bytes.
    private static let maxLPMValueSize = maxElementSize - 256 - 24

    private static let accessFlags: MapFlags = [.readOnlyUser, .writeOnlyUser, .readOnlyProgram, .writeOnlyProgram]

    /// The checks of `array_map_alloc_check` and `htab_map_alloc_check`, kernel/bpf, with their errors.
    func check() throws(MapError) {
        switch type {
        case .array: try checkArray(allowed: Self.accessFlags.union([.numaNode, .mmapable, .innerMap]))
        case .perCPUArray: try checkArray(allowed: Self.accessFlags)
        case .hash: try checkHash(allowed: Self.accessFlags.union([.noPrealloc, .zeroSeed, .numaNode]))
        case .lruHash, .lruPerCPUHash: try checkLRU()
        case .lpmTrie: try checkLPM()
        case .perCPUHash: try checkHash(allowed: Self.accessFlags.union([.noPrealloc, .zeroSeed]))
        default: throw .unsupported(type)
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
