extension BTF {
    /// Longest chain of types within types, as in the kernel twice over. Parsing refuses more.
    static let deepest = 64

    /// The type that `id` stands for: without typedefs, `const`, `volatile`, `restrict` and type tags.
    public func resolve(_ id: TypeID) -> TypeID {
        var id = id
        for _ in 0...Self.deepest {
            switch type(id) {
            case .typedef(_, let next), .volatile(let next), .const(let next), .restrict(let next),
                .typeTag(_, let next):
                id = next
            default: return id
            }
        }
        return 0
    }

    /// The resolved type.
    public func resolved(_ id: TypeID) -> Kind { type(resolve(id)) ?? .void }

    /// Bytes of a value; nil for what has no size (`void`, functions, forward declarations).
    public func size(of id: TypeID) -> Int? {
        var factor = 1
        var id = id
        for _ in 0...Self.deepest {
            id = resolve(id)
            let size: Int
            switch type(id) {
            case .integer(let type): size = type.size
            case .pointer: size = 8
            case .structure(let type), .union(let type): size = type.size
            case .enumeration(let type): size = type.size
            case .float(_, let bytes): size = bytes
            case .dataSection(let section): size = section.size
            case .variable(let variable):
                id = variable.type
                continue
            case .array(let array):
                let (product, overflow) = factor.multipliedReportingOverflow(by: array.count)
                guard !overflow else { return nil }
                factor = product
                id = array.element
                continue
            default: return nil
            }
            let (bytes, overflow) = factor.multipliedReportingOverflow(by: size)
            return overflow ? nil : bytes
        }
        return nil
    }

    /// The data section of this name.
    public func dataSection(named name: String) -> TypeID? {
        types(named: name).first { if case .dataSection = type($0) { true } else { false } }
    }

    /// The variables of a data section (`.rodata`, `.maps`), by name.
    public func variables(inSection name: String) -> [Variable] {
        guard let id = dataSection(named: name), case .dataSection(let section) = type(id) else { return [] }
        return section.variables.compactMap { entry in
            if case .variable(let variable) = type(entry.type) { variable } else { nil }
        }
    }

    /// Tags on a type, a variable, a function, or one of its members or parameters (`btf_decl_tag`).
    public func declTags(on id: TypeID, component: Int? = nil) -> [String] {
        types.compactMap { type in
            guard case .declTag(let tag) = type, tag.target == id, tag.component == component else { return nil }
            return tag.value
        }
    }

    /// The type as C writes it, without its members: `struct ethhdr *`, `__u8[6]`.
    public func typeName(_ id: TypeID) -> String {
        var suffix = ""
        var prefix = ""
        var id = id
        for _ in 0...Self.deepest {
            switch type(id) {
            case .integer(let type): return prefix + type.name + suffix
            case .pointer(let target):
                suffix = " *" + (suffix.hasPrefix(" ") ? String(suffix.dropFirst()) : suffix)
                id = target
            case .array(let array):
                suffix += "[\(array.count)]"
                id = array.element
            case .structure(let type): return prefix + "struct " + (type.name ?? "{...}") + suffix
            case .union(let type): return prefix + "union " + (type.name ?? "{...}") + suffix
            case .enumeration(let type): return prefix + "enum " + (type.name ?? "{...}") + suffix
            case .forward(let name, let isUnion): return prefix + (isUnion ? "union " : "struct ") + name + suffix
            case .typedef(let name, _): return prefix + name + suffix
            case .const(let target):
                prefix += "const "
                id = target
            case .volatile(let target):
                prefix += "volatile "
                id = target
            case .restrict(let target), .typeTag(_, let target): id = target
            case .variable(let variable): id = variable.type
            case .float(let name, _): return prefix + name + suffix
            case .prototype, .function: return prefix + "function" + suffix
            case .void: return prefix + "void" + suffix
            case .dataSection(let section): return prefix + "section " + section.name
            case .declTag, nil: return "?"
            }
        }
        return "?"
    }
}
