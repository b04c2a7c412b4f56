import Object
import Testing

@Suite struct BTFTests {
    private func btf() throws -> BTF { try #require(try ObjectFile(elf: Compiler.object("btf_kinds.c")).btf) }

    private func structure(_ btf: BTF, _ name: String) throws -> BTF.Composite {
        for id in btf.types(named: name) {
            if case .structure(let type) = btf.type(id) { return type }
        }
        throw ObjectError(.unknownName, name)
    }

    @Test func everyKindIsRead() throws {
        let kinds = Set(
            try btf().types.map { type in
                switch type {
                case .void: 0
                case .integer: 1
                case .pointer: 2
                case .array: 3
                case .structure: 4
                case .union: 5
                case .enumeration(let type): type.size == 8 ? 19 : 6
                case .forward: 7
                case .typedef: 8
                case .volatile: 9
                case .const: 10
                case .restrict: 11
                case .function: 12
                case .prototype: 13
                case .variable: 14
                case .dataSection: 15
                case .float: 16
                case .declTag: 17
                case .typeTag: 18
                }
            })
        #expect(kinds == Set(0...19))
    }

    @Test(
        arguments: [
            ("low", "u32", 0, 4), ("high", "u32", 4, 28), ("sign", "signed char", 32, nil), ("flag", "_Bool", 40, nil),
            ("real", "double", 64, nil), ("word", "union word", 128, nil), ("next", "struct forward *", 192, nil),
            ("tagged", "u32 *", 256, nil), ("fixed", "const volatile u64", 320, nil), ("text", "char *", 384, nil),
            ("callback", "function *", 448, nil), ("small", "enum small", 512, nil), ("large", "enum large", 576, nil),
            ("matrix", "u32[2][3]", 704, nil),
        ] as [(String, String, Int, Int?)])
    func membersAreDescribed(_ name: String, _ type: String, _ bitOffset: Int, _ bits: Int?) throws {
        let btf = try btf()
        let member = try #require(try structure(btf, "fields").members.first { $0.name == name })
        #expect(btf.typeName(member.type) == type)
        #expect(member.bitOffset == bitOffset)
        #expect(member.bitFieldSize == bits)
    }

    @Test func sizesAndValues() throws {
        let btf = try btf()
        let fields = try structure(btf, "fields")
        func size(_ name: String) -> Int? { fields.members.first { $0.name == name }.flatMap { btf.size(of: $0.type) } }
        #expect(fields.size == 120)
        #expect(size("matrix") == 24 && size("fixed") == 8 && size("word") == 4 && size("real") == 8)
        let last = try #require(fields.members.last)
        #expect(last.name == nil && btf.size(of: last.type) == 4)
        #expect(btf.size(of: 0) == nil)

        func values(_ name: String) throws -> [Int128] {
            guard case .enumeration(let type) = btf.type(try #require(btf.types(named: name).first)) else { return [] }
            return type.values.map(\.value)
        }
        #expect(try values("small") == [-1, 0, 1])
        #expect(try values("large") == [Int128(UInt64.max)])
        #expect(try values("negative") == [Int128(Int64.min), Int128(Int64.max)])
    }

    @Test func tagsAreFound() throws {
        let btf = try btf()
        let fields = try #require(btf.types(named: "fields").first)
        let other = try #require(btf.types(named: "tagged_member").first)
        #expect(btf.declTags(on: fields) == ["on the structure"])
        #expect(btf.declTags(on: other, component: 1) == ["on a member"])
        #expect(btf.declTags(on: other).isEmpty)
    }
}

/// BTF that no compiler writes.
@Suite struct HostileBTFTests {
    /// A `.BTF` section of these 32-bit words; the strings are "", "a" at 1, "b" at 3.
    private static func section(_ words: [UInt32]) -> [UInt8] {
        let strings: [UInt8] = [0, 0x61, 0, 0x62, 0]
        let header: [UInt32] = [0x0001_eb9f, 24, 0, UInt32(words.count * 4), UInt32(words.count * 4), 5]
        return (header + words).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            + strings
    }

    private static func info(_ kind: UInt32, _ count: UInt32 = 0, flag: Bool = false) -> UInt32 {
        kind << 24 | count | (flag ? 1 << 31 : 0)
    }
    /// An unsigned integer of 4 bytes called "a".
    private static let int: [UInt32] = [1, info(1), 4, 32]

    /// The same type over and over, each standing for the one before it.
    private static func chain(_ kind: UInt32, _ count: Int) -> [UInt32] {
        int + (0..<count).flatMap { [kind == 8 ? 1 : 0, info(kind), UInt32($0 + 1)] }
    }

    /// Unions of two of the union before: 2 to the power of `count` parts in 4 bytes.
    private static func explosion(_ count: Int) -> [UInt32] {
        int + (1...UInt32(count)).flatMap { type -> [UInt32] in [0, info(5, 2), 4, 1, type, 0, 3, type, 0] }
    }

    @Test(
        arguments: [
            ([0, info(20), 0], "BTF kind 20"),
            ([0, info(0), 0], "BTF kind 0"),
            ([0, info(2), 7], "refers to type 7 of 2"),
            ([0, info(10), 1], "type 1 contains itself"),
            ([0, info(10), 2, 0, info(9), 1], "contains itself"),
            ([1, info(4, 1), 8, 3, 1, 0], "type 1 contains itself"),
            ([0, info(3), 0, 1, 1, 1], "type 1 contains itself"),
            (int + [1, info(4, 1), 4, 3, 1, 8], "member \"b\" ends beyond the 4 bytes"),
            (int + [1, info(4, 1, flag: true), 4, 3, 1, 4 << 24 | 30], "member \"b\" ends beyond"),
            (int + [0, info(2), 1, 1, info(4, 1, flag: true), 8, 3, 2, 4 << 24], "bit field \"b\" is of no integer"),
            (chain(10, 70), "nested more than 64 deep"),
            (chain(8, 70), "nested more than 64 deep"),
            (explosion(40), "parts in 4 bytes"),
            ([1, info(4, 3), 8, 3, 0, 0], "a type ends beyond the types"),
            ([1, info(1), 4], "a type ends beyond the types"),
            ([1, info(1), 40, 32], "integer of 40 bytes"),
            ([1, info(1), 4, 33], "integer of 4 bytes"),
            ([1, info(6), 3], "enumeration of 3 bytes"),
            ([99, info(16), 4], "a name needs 1 bytes"),
            (int + [1, info(14), 1, 9], "linkage 9"),
            (int + [1, info(15, 1), 4, 1, 0, 4], "type 1 in a data section is no variable"),
        ] as [([UInt32], String)])
    func isRefused(_ words: [UInt32], _ message: String) throws {
        let error = #expect(throws: ObjectError.self) { try BTF(bytes: Self.section(words)) }
        #expect(error?.section == ".BTF")
        #expect(error?.message.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test func goodSectionIsRead() throws {
        let btf = try BTF(bytes: Self.section(Self.chain(10, 60) + Self.int))
        #expect(btf.types.count == 63 && btf.resolve(61) == 1 && btf.size(of: 61) == 4)
    }

    /// A structure that points to itself is no loop.
    @Test func pointersMayReturn() throws {
        let btf = try BTF(bytes: Self.section([1, Self.info(4, 1), 8, 3, 2, 0, 0, Self.info(2), 1]))
        #expect(btf.typeName(2) == "struct a *")
    }

    @Test(arguments: 0..<24) func truncatedHeader(_ count: Int) {
        let bytes = [UInt8](Self.section(Self.int).prefix(count))
        #expect(throws: ObjectError.self) { try BTF(bytes: bytes) }
    }
}
