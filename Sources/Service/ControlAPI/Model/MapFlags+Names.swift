import Object

extension MapFlags {
    /// As the API names them.
    static let named: [(name: String, flag: MapFlags)] = [
        ("no_prealloc", .noPrealloc), ("no_common_lru", .noCommonLRU), ("numa_node", .numaNode),
        ("rdonly", .readOnlyUser), ("wronly", .writeOnlyUser), ("zero_seed", .zeroSeed),
        ("rdonly_prog", .readOnlyProgram), ("wronly_prog", .writeOnlyProgram), ("mmapable", .mmapable),
        ("preserve_elems", .preserveElements), ("inner_map", .innerMap),
    ]

    var names: [String] { Self.named.filter { contains($0.flag) }.map(\.name) }
}
