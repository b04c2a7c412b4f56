/// Type information of an object (`.BTF` section): a list of types that refer to each other by number.
///
/// What is read from an object is checked: every id is of a type, nothing contains itself, members lie within their
/// structure. So a walk over a value needs no checks of its own beyond the size of the value.
/// Source: <linux/btf.h>, Documentation/bpf/btf.rst.
public struct BTF: Sendable {
    /// Position in `types`; 0 is `void`.
    public typealias TypeID = UInt32

    public private(set) var types: [Kind]
    private let ids: [String: [TypeID]]

    init(types: [Kind]) {
        self.types = types
        var ids: [String: [TypeID]] = [:]
        for (id, type) in types.enumerated() {
            if let name = type.name { ids[name, default: []].append(TypeID(id)) }
        }
        self.ids = ids
    }

    /// A type, of one of the kinds 0 to 19.
    public enum Kind: Hashable, Sendable {
        case void
        case integer(Integer)
        case pointer(to: TypeID)
        case array(Array)
        case structure(Composite)
        case union(Composite)
        /// `BTF_KIND_ENUM` and `BTF_KIND_ENUM64`
        case enumeration(Enumeration)
        case forward(name: String, isUnion: Bool)
        case typedef(name: String, TypeID)
        case volatile(TypeID)
        case const(TypeID)
        case restrict(TypeID)
        case function(Function)
        case prototype(Prototype)
        case variable(Variable)
        case dataSection(DataSection)
        case float(name: String, size: Int)
        case declTag(DeclTag)
        case typeTag(name: String, TypeID)
    }

    public struct Integer: Hashable, Sendable {
        public var name: String
        /// Bytes.
        public var size: Int
        /// Bits that count, from bit `bitOffset` on.
        public var bits: Int
        public var bitOffset: Int
        public var isSigned: Bool
        public var isChar: Bool
        public var isBool: Bool
    }

    public struct Array: Hashable, Sendable {
        public var element: TypeID
        public var index: TypeID
        public var count: Int
    }

    /// A structure or a union.
    public struct Composite: Hashable, Sendable {
        /// Nil for an anonymous one.
        public var name: String?
        /// Bytes.
        public var size: Int
        public var members: [Member]
    }

    public struct Member: Hashable, Sendable {
        /// Nil for an anonymous structure or union within another.
        public var name: String?
        public var type: TypeID
        /// From the start of the structure.
        public var bitOffset: Int
        /// Bits of a bit field; nil where the member is none.
        public var bitFieldSize: Int?
    }

    public struct Enumeration: Hashable, Sendable {
        public var name: String?
        /// Bytes.
        public var size: Int
        public var isSigned: Bool
        public var values: [Enumerator]
    }

    public struct Enumerator: Hashable, Sendable {
        public var name: String
        /// Holds every signed and unsigned 64-bit value.
        public var value: Int128
    }

    public struct Function: Hashable, Sendable {
        public var name: String
        public var prototype: TypeID
        public var linkage: Linkage
    }

    public struct Prototype: Hashable, Sendable {
        public var result: TypeID
        public var parameters: [Parameter]
    }

    public struct Parameter: Hashable, Sendable {
        public var name: String?
        public var type: TypeID
    }

    public struct Variable: Hashable, Sendable {
        public var name: String
        public var type: TypeID
        public var linkage: Linkage
    }

    public struct DataSection: Hashable, Sendable {
        public var name: String
        /// Bytes of the section.
        public var size: Int
        public var variables: [SectionVariable]
    }

    public struct SectionVariable: Hashable, Sendable {
        /// A `variable`; in sections of externs also a `function`.
        public var type: TypeID
        /// From the start of the section.
        public var offset: Int
        public var size: Int
    }

    public struct DeclTag: Hashable, Sendable {
        public var value: String
        public var target: TypeID
        /// Member or parameter that the tag is on; nil for the type itself.
        public var component: Int?
    }

    public enum Linkage: UInt32, Hashable, Sendable {
        case `static` = 0
        case global = 1
        case extern = 2
    }

    /// The type with this number; nil where there is none.
    public func type(_ id: TypeID) -> Kind? { id < types.count ? types[Int(id)] : nil }

    /// Sets the size of a data section and where its global variables are, which clang leaves to the symbol table.
    mutating func place(section id: TypeID, size: Int, offsets: [String: Int]) throws(ObjectError) {
        guard case .dataSection(var section) = type(id) else { return }
        section.size = size
        for index in section.variables.indices {
            var entry = section.variables[index]
            guard case .variable(let variable) = type(entry.type) else { continue }
            if variable.linkage != .static, let offset = offsets[variable.name] { entry.offset = offset }
            guard entry.offset <= size, entry.size <= size - entry.offset else {
                throw ObjectError(
                    .malformed, section: ".BTF",
                    "variable \"\(variable.name)\" lies beyond the \(size) bytes of section \(section.name)")
            }
            section.variables[index] = entry
        }
        types[Int(id)] = .dataSection(section)
    }

    /// Every type with this name, ascending.
    public func types(named name: String) -> [TypeID] { ids[name] ?? [] }
}

extension BTF.Kind {
    /// The name in the source; nil for kinds and types without one.
    public var name: String? {
        switch self {
        case .integer(let type): type.name
        case .structure(let type), .union(let type): type.name
        case .enumeration(let type): type.name
        case .forward(let name, _), .typedef(let name, _), .float(let name, _), .typeTag(let name, _): name
        case .function(let type): type.name
        case .variable(let type): type.name
        case .dataSection(let type): type.name
        case .declTag(let tag): tag.value
        case .void, .pointer, .array, .volatile, .const, .restrict, .prototype: nil
        }
    }
}
