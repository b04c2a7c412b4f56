import Object

// Which helper takes which type of map. Source: `check_map_func_compatibility`, kernel/bpf/verifier.c.
extension HelperTable {
    /// Whether Linux lets this helper work on maps of this type.
    static func isAllowed(_ number: UInt32, _ type: MapType) -> Bool {
        if let types = types[number], !types.contains(type) { return false }
        if let helpers = helpers[type], !helpers.contains(number) { return false }
        return true
    }

    /// What `bpf_map_lookup_elem` finds in a map.
    enum LookupResult: Hashable, Sendable {
        case value
        /// A map that is like the inner map.
        case map
        /// A socket, which the verifier leaves out.
        case socket
    }

    static func lookupResult(_ type: MapType) -> LookupResult {
        switch type {
        case .arrayOfMaps, .hashOfMaps: .map
        case .sockmap, .sockhash, .xskmap, .reuseportSockarray: .socket
        default: .value
        }
    }

    /// Whether programs only read the values of maps of this type, whatever the map's flags.
    static func isReadOnly(_ type: MapType) -> Bool { type == .devmap || type == .devmapHash }

    /// Whether the direct value of a map can be taken (`BPF_PSEUDO_MAP_VALUE`): arrays of one entry have one.
    static func hasDirectValue(_ attributes: MapAttributes) -> Bool {
        attributes.type == .array && attributes.maxEntries == 1
    }

    /// Helpers that take maps of these types only.
    private static let types: [UInt32: Set<MapType>] = [
        12: [.progArray],
        22: [.perfEventArray], 25: [.perfEventArray], 55: [.perfEventArray],
        37: [.cgroupArray],
        51: [.devmap, .devmapHash, .cpumap, .xskmap],
        87: [.queue, .stack, .bloomFilter], 88: [.queue, .stack], 89: [.queue, .stack, .bloomFilter],
        130: [.ringbuf], 131: [.ringbuf], 134: [.ringbuf], 198: [.ringbuf],
        156: [.taskStorage], 157: [.taskStorage],
        // By the map's operations, not by that function.
        164: [.hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash],
        195: [.perCPUHash, .perCPUArray, .lruPerCPUHash],
        209: [.userRingbuf],
        210: [.cgrpStorage], 211: [.cgrpStorage],
    ]

    /// Types that these helpers only work on. Numbers that XDP programs may not call are left out.
    private static let helpers: [MapType: Set<UInt32>] = [
        .progArray: [12],
        .perfEventArray: [22, 25, 55],
        .ringbuf: [130, 131, 134, 198],
        .userRingbuf: [209],
        .stackTrace: [],
        .cgroupArray: [37],
        .cgroupStorage: [], .perCPUCgroupStorage: [],
        .devmap: [51, 1], .devmapHash: [51, 1],
        .cpumap: [51],
        .xskmap: [51, 1],
        .arrayOfMaps: [1], .hashOfMaps: [1],
        .sockmap: [1, 2, 3], .sockhash: [1, 2, 3],
        .reuseportSockarray: [],
        .queue: [87, 88, 89], .stack: [87, 88, 89],
        .skStorage: [194], .inodeStorage: [194],
        .taskStorage: [156, 157, 194], .cgrpStorage: [210, 211, 194],
        .bloomFilter: [87, 89],
        .structOps: [], .arena: [],
    ]
}
