import Object

extension MapDescription {
    /// The map that an object declares. `btf`: the object's.
    public init(definition: MapDefinition, btf: BTF?) {
        let attributes = definition.attributes
        // Loaders freeze these, so that user space does not write to them either.
        let isConstant = definition.isDataSection && attributes.flags.contains(.readOnlyProgram)
        self.init(
            name: definition.name, attributes: attributes, inner: definition.inner,
            constantValue: isConstant ? definition.initialValue : nil,
            spinLockOffset: definition.valueType.flatMap { btf?.spinLockOffset(in: $0, of: attributes.type) })
    }
}

extension BTF {
    /// Byte offset of the only `struct bpf_spin_lock` in a value of a map; nil where there is none, or more than one, or
    /// maps of this type have none. As Linux finds it: in structures within structures, not in unions or arrays.
    func spinLockOffset(in value: TypeID, of type: MapType) -> Int? {
        guard type == .hash || type == .array else { return nil }
        var search = SpinLockSearch(btf: self)
        search.visit(value, at: 0, depth: 0)
        guard let offset = search.found.first, search.found.count == 1, offset % 4 == 0 else { return nil }
        return offset
    }
}

/// Looks for spin locks in a type.
private struct SpinLockSearch {
    let btf: BTF
    var found: [Int] = []
    /// Types without a lock: the same structure may be in others many times over.
    private var without: Set<BTF.TypeID> = []

    init(btf: BTF) { self.btf = btf }

    mutating func visit(_ id: BTF.TypeID, at offset: Int, depth: Int) {
        // Two are one too many already. 32: `MAX_RESOLVE_DEPTH`, kernel/bpf/btf.c.
        guard found.count < 2, depth <= 32, !without.contains(id) else { return }
        let before = found.count
        switch btf.resolved(id) {
        case .structure(let type) where type.name == "bpf_spin_lock":
            if type.size == 4 { found.append(offset) }
        case .structure(let type):
            for member in type.members where member.bitFieldSize == nil {
                visit(member.type, at: offset + member.bitOffset / 8, depth: depth + 1)
            }
        case .dataSection(let section):
            for entry in section.variables {
                guard case .variable(let variable) = btf.type(entry.type) else { continue }
                visit(variable.type, at: offset + entry.offset, depth: depth + 1)
            }
        default: break
        }
        if found.count == before { without.insert(id) }
    }
}
