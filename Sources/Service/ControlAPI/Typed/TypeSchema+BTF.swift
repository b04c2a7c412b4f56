import Object

extension TypeSchema {
    /// Types that a schema may have in all; a type that needs more is shown as bytes.
    private static let limit = 4096

    /// The type `id` of an object; nil where it has no size.
    init?(_ btf: BTF, _ id: BTF.TypeID) {
        var budget = Self.limit
        self.init(btf, id, &budget)
    }

    private init?(_ btf: BTF, _ id: BTF.TypeID, _ budget: inout Int) {
        guard let size = btf.size(of: id) else { return nil }
        self.init(name: nil, size: size, shape: .bytes)
        budget -= 1
        guard budget > 0 else { return }

        var id = id
        var isBigEndian = false
        var typedef: String?
        while true {
            switch btf.type(id) {
            case .typedef(let name, let next):
                typedef = typedef ?? name
                isBigEndian = isBigEndian || ["__be16", "__be32", "__be64"].contains(name)
                id = next
                continue
            case .const(let next), .volatile(let next), .restrict(let next), .typeTag(_, let next):
                id = next
                continue
            case .variable(let variable):
                id = variable.type
                continue
            default: break
            }
            break
        }
        let ownName = btf.typeName(id)
        name = typedef ?? (ownName.contains("{...}") ? nil : ownName)

        switch btf.type(id) {
        case .integer(let type) where type.isBool: shape = .boolean
        case .integer(let type) where type.bitOffset == 0 && type.bits == type.size * 8:
            shape = .integer(bits: type.bits, isSigned: type.isSigned, isBigEndian: isBigEndian)
        case .pointer: shape = .pointer
        case .float(_, let size) where size == 4 || size == 8: shape = .float
        case .enumeration(let type):
            shape = .enumeration(
                Enumeration(isSigned: type.isSigned, values: type.values.map { ($0.name, $0.value) }))
        case .array(let array): shape = Self.array(btf, array, size, &budget)
        case .structure where ownName == "struct in_addr" && size == 4,
            .structure where ownName == "struct in6_addr" && size == 16:
            shape = .ip
        case .structure(let type): shape = Self.composite(btf, type, isUnion: false, &budget)
        case .union(let type): shape = Self.composite(btf, type, isUnion: true, &budget)
        default: break
        }
    }

    private static func array(_ btf: BTF, _ array: BTF.Array, _ size: Int, _ budget: inout Int) -> Shape {
        if case .integer(let element) = btf.resolved(array.element), element.size == 1, !element.isBool {
            if element.isChar || element.name == "char" { return .text }
            if array.count == 6 && !element.isSigned { return .mac }
        }
        guard let element = TypeSchema(btf, array.element, &budget), element.size > 0 else { return .bytes }
        return .array(element: element, count: array.count)
    }

    private static func composite(
        _ btf: BTF, _ type: BTF.Composite, isUnion: Bool, _ budget: inout Int
    ) -> Shape {
        var members: [Member] = []
        for member in type.members {
            // A flexible array has no size of its own, and unnamed bit fields are padding.
            guard let schema = TypeSchema(btf, member.type, &budget), schema.size > 0 else { continue }
            if member.name == nil {
                guard case .composite = schema.shape else { continue }
            }
            members.append(
                Member(
                    name: member.name, bitOffset: member.bitOffset, bits: member.bitFieldSize,
                    type: member.bitFieldSize == nil ? schema.named(member.name) : schema))
        }
        return .composite(Composite(isUnion: isUnion, members: members))
    }
}
