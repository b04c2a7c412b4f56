extension BTF {
    static let magic: UInt16 = 0xeb9f

    /// Most types in an object; a whole kernel has about 150,000.
    static let most = 1 << 18

    /// Reads the content of a `.BTF` section, little endian.
    public init(bytes: [UInt8]) throws(ObjectError) {
        try self.init(section: try ByteView(file: bytes).view(offset: 0, count: bytes.count, section: ".BTF"))
    }

    /// Reads a `.BTF` section. Its strings are `strings(of:)`.
    init(section view: ByteView) throws(ObjectError) {
        let (header, strings) = try Self.parts(of: view)
        let start = header + Int(try view.u32(8))
        let end = start + Int(try view.u32(12))
        try view.require(start, end - start, "the types")

        var types: [Kind] = [.void]
        var offset = start
        while offset < end {
            guard types.count < Self.most else {
                throw ObjectError(.tooLarge, section: view.section, offset: offset, "more than \(Self.most) types")
            }
            var parser = TypeParser(view: view, strings: strings, offset: offset, end: end)
            types.append(try parser.parse())
            offset = parser.offset
        }
        self.init(types: types)
        try check(section: view.section)
    }

    /// The string table of a `.BTF` section, which `.BTF.ext` refers to.
    static func strings(of view: ByteView) throws(ObjectError) -> ByteView { try parts(of: view).strings }

    private static func parts(of view: ByteView) throws(ObjectError) -> (header: Int, strings: ByteView) {
        guard try view.u16(0) == magic else {
            throw ObjectError(.malformed, section: view.section, offset: 0, "not BTF: wrong magic")
        }
        guard try view.u8(2) == 1 else {
            throw ObjectError(.unsupported, section: view.section, offset: 2, "BTF version \(try view.u8(2))")
        }
        let header = try view.int32(4)
        guard header >= 24 else {
            throw ObjectError(.malformed, section: view.section, offset: 4, "header of \(header) bytes")
        }
        let strings = try view.view(
            offset: header + (try view.int32(16)), count: try view.int32(20), section: view.section)
        return (header, strings)
    }
}

/// Reads one type of a `.BTF` section.
private struct TypeParser {
    let view: ByteView
    let strings: ByteView
    var offset: Int
    let end: Int

    private func refuse(_ kind: ObjectError.Kind, _ message: String) -> ObjectError {
        ObjectError(kind, section: view.section, offset: offset, message)
    }

    private mutating func next() throws(ObjectError) -> UInt32 {
        guard offset <= end - 4 else { throw refuse(.truncated, "a type ends beyond the types") }
        defer { offset += 4 }
        return try view.u32(offset)
    }

    private func name(_ at: UInt32) throws(ObjectError) -> String { try strings.name(Int(at)) }
    private func optionalName(_ at: UInt32) throws(ObjectError) -> String? { at == 0 ? nil : try strings.name(Int(at)) }

    private func linkage(_ value: UInt32) throws(ObjectError) -> BTF.Linkage {
        guard let linkage = BTF.Linkage(rawValue: value) else { throw refuse(.malformed, "linkage \(value)") }
        return linkage
    }

    mutating func parse() throws(ObjectError) -> BTF.Kind {
        let nameAt = try next()
        let info = try next()
        let sizeOrType = try next()
        let kind = (info >> 24) & 0x1f
        let count = Int(info & 0xffff)
        let flag = info >> 31 != 0
        switch kind {
        case 1: return try integer(nameAt, sizeOrType)
        case 2: return .pointer(to: sizeOrType)
        case 3: return .array(BTF.Array(element: try next(), index: try next(), count: Int(try next())))
        case 4: return .structure(try composite(nameAt, Int(sizeOrType), count, hasBitFields: flag))
        case 5: return .union(try composite(nameAt, Int(sizeOrType), count, hasBitFields: flag))
        case 6, 19: return try enumeration(nameAt, Int(sizeOrType), count, isSigned: flag, wide: kind == 19)
        case 7: return .forward(name: try name(nameAt), isUnion: flag)
        case 8: return .typedef(name: try name(nameAt), sizeOrType)
        case 9: return .volatile(sizeOrType)
        case 10: return .const(sizeOrType)
        case 11: return .restrict(sizeOrType)
        case 12:
            return .function(
                BTF.Function(
                    name: try name(nameAt), prototype: sizeOrType, linkage: try linkage(UInt32(count))))
        case 13:
            var parameters: [BTF.Parameter] = []
            for _ in 0..<count {
                parameters.append(BTF.Parameter(name: try optionalName(try next()), type: try next()))
            }
            return .prototype(BTF.Prototype(result: sizeOrType, parameters: parameters))
        case 14:
            return .variable(
                BTF.Variable(name: try name(nameAt), type: sizeOrType, linkage: try linkage(try next())))
        case 15:
            var variables: [BTF.SectionVariable] = []
            for _ in 0..<count {
                variables.append(
                    BTF.SectionVariable(type: try next(), offset: Int(try next()), size: Int(try next())))
            }
            return .dataSection(
                BTF.DataSection(name: try name(nameAt), size: Int(sizeOrType), variables: variables))
        case 16: return .float(name: try name(nameAt), size: Int(sizeOrType))
        case 17:
            let component = Int32(bitPattern: try next())
            return .declTag(
                BTF.DeclTag(
                    value: try name(nameAt), target: sizeOrType, component: component < 0 ? nil : Int(component)))
        case 18: return .typeTag(name: try name(nameAt), sizeOrType)
        default: throw refuse(.unsupported, "BTF kind \(kind)")
        }
    }

    private mutating func integer(_ nameAt: UInt32, _ size: UInt32) throws(ObjectError) -> BTF.Kind {
        let data = try next()
        let encoding = (data >> 24) & 0xf
        let bits = Int(data & 0xff)
        let bitOffset = Int((data >> 16) & 0xff)
        guard (1...16).contains(size), bitOffset + bits <= Int(size) * 8 else {
            throw refuse(.malformed, "integer of \(size) bytes with bits \(bitOffset) to \(bitOffset + bits)")
        }
        return .integer(
            BTF.Integer(
                name: try name(nameAt), size: Int(size), bits: bits, bitOffset: bitOffset, isSigned: encoding & 1 != 0,
                isChar: encoding & 2 != 0, isBool: encoding & 4 != 0))
    }

    private mutating func composite(
        _ nameAt: UInt32, _ size: Int, _ count: Int, hasBitFields: Bool
    ) throws(ObjectError) -> BTF.Composite {
        var members: [BTF.Member] = []
        for _ in 0..<count {
            let name = try optionalName(try next())
            let type = try next()
            let position = try next()
            let bits = hasBitFields ? Int(position >> 24) : 0
            members.append(
                BTF.Member(
                    name: name, type: type, bitOffset: Int(hasBitFields ? position & 0xff_ffff : position),
                    bitFieldSize: bits == 0 ? nil : bits))
        }
        return BTF.Composite(name: try optionalName(nameAt), size: size, members: members)
    }

    private mutating func enumeration(
        _ nameAt: UInt32, _ size: Int, _ count: Int, isSigned: Bool, wide: Bool
    ) throws(ObjectError) -> BTF.Kind {
        guard [1, 2, 4, 8].contains(size) else { throw refuse(.malformed, "enumeration of \(size) bytes") }
        var values: [BTF.Enumerator] = []
        for _ in 0..<count {
            let name = try name(try next())
            let low = try next()
            let bits = wide ? UInt64(try next()) << 32 | UInt64(low) : 0
            let value: Int128 =
                switch (wide, isSigned) {
                case (false, false): Int128(low)
                case (false, true): Int128(Int32(bitPattern: low))
                case (true, false): Int128(bits)
                case (true, true): Int128(Int64(bitPattern: bits))
                }
            values.append(BTF.Enumerator(name: name, value: value))
        }
        return .enumeration(
            BTF.Enumeration(name: try optionalName(nameAt), size: size, isSigned: isSigned, values: values))
    }
}
