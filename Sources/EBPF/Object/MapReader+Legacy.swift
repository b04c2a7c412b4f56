extension MapReader {
    /// Maps of a `maps` section: an array of structures, all of one size.
    ///
    /// | bytes | |
    /// |---|---|
    /// | 20 | `struct bpf_map_def` of libbpf: type, key size, value size, max entries, flags |
    /// | 28 | the same of the kernel's samples: + inner map, NUMA node |
    /// | 32 | the same as of 20, with room that nothing uses |
    /// | 36 | `struct bpf_elf_map` of iproute2: + id, pinning, inner id, inner index |
    /// | 80 | `struct ebpf_map_def` of generic-ebpf: the type's name, then as of 20 without the type |
    func readLegacy(_ section: ELFFile.Section) throws(ObjectError) -> [Found] {
        let symbols = try symbols(in: section)
        guard !symbols.isEmpty else {
            throw ObjectError(.malformed, section: section.name, "\(section.size) bytes without a symbol")
        }
        let content = try elf.content(section)
        let stride = section.size / symbols.count
        guard section.size % symbols.count == 0, stride >= 16, stride % 4 == 0 else {
            throw ObjectError(
                .malformed, section: section.name,
                "\(symbols.count) definitions don't divide \(section.size) bytes evenly")
        }
        var found: [Found] = []
        for (index, symbol) in symbols.enumerated() {
            guard symbol.offset == index * stride else {
                throw ObjectError(
                    .malformed, section: section.name, offset: symbol.offset,
                    "map \"\(symbol.name)\" is not at a multiple of \(stride) bytes")
            }
            let view = try content.view(offset: symbol.offset, count: stride, section: section.name)
            let definition: MapDefinition
            do {
                definition = try Self.definition(symbol.name, view, annotation(symbol.name))
            } catch {
                throw ObjectError(
                    error.kind, section: section.name, offset: symbol.offset + (error.offset ?? 0),
                    "map \"\(symbol.name)\": \(error.message)")
            }
            found.append(Found(definition: definition, section: section.index, offset: symbol.offset))
        }
        for index in found.indices where stride == 36 && found[index].definition.attributes.type == .progArray {
            found[index].definition.values = tails(of: try content.u32(found[index].offset + 20))
        }
        for index in found.indices where found[index].definition.attributes.type.holdsMaps {
            let view = try content.view(offset: index * stride, count: stride, section: section.name)
            found[index].definition.inner = try Self.inner(view, among: found, content)
        }
        return found
    }

    /// iproute2 puts the function of a section `ID/KEY` into the program array of this id.
    private func tails(of id: UInt32) -> [MapDefinition.Value] {
        guard id != 0 else { return [] }
        var tails: [MapDefinition.Value] = []
        for section in elf.sections where section.isCode {
            let numbers = section.name.split(separator: "/", omittingEmptySubsequences: false).map(Self.number)
            guard numbers.count == 2, numbers[0] == id, let key = numbers[1] else { continue }
            let function = elf.symbols(in: section).first { $0.type == ELFFile.Symbol.function && $0.value == 0 }
            if let function { tails.append(MapDefinition.Value(index: Int(key), name: function.name)) }
        }
        return tails
    }

    /// Decimal, or hexadecimal behind `0x`.
    private static func number(_ text: Substring) -> UInt32? {
        text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    }

    /// The map that those within are like: the kernel's samples name it by its index, iproute2 by its id.
    private static func inner(
        _ view: ByteView, among found: [Found], _ content: ByteView
    ) throws(ObjectError) -> MapAttributes? {
        switch view.count {
        case 28:
            let index = try view.int32(20)
            guard found.indices.contains(index) else { return nil }
            let inner = found[index].definition.attributes
            return inner.type.holdsMaps ? nil : inner
        case 36:
            let id = try view.u32(28)
            guard id != 0 else { return nil }
            for candidate in found where !candidate.definition.attributes.type.holdsMaps {
                if try content.u32(candidate.offset + 20) == id { return candidate.definition.attributes }
            }
            return nil
        default: return nil
        }
    }

    /// Types that `BPF_ANNOTATE_KV_PAIR` gives to a legacy map: `struct ____btf_map_NAME { key; value; }`.
    private func annotation(_ name: String) -> (key: BTF.TypeID, value: BTF.TypeID)? {
        guard let id = btf?.types(named: "____btf_map_" + name).first, case .structure(let type) = btf?.type(id),
            type.members.count == 2
        else { return nil }
        return (type.members[0].type, type.members[1].type)
    }

    private static func definition(
        _ name: String, _ view: ByteView, _ types: (key: BTF.TypeID, value: BTF.TypeID)?
    ) throws(ObjectError) -> MapDefinition {
        // A type's number is below 64; a type's name begins with a letter.
        let firstByte = try view.u8(0)
        let isNamed = view.count == 80 && firstByte >= 0x41
        let type = isNamed ? try namedType(view) : try numberedType(view)
        let sizes = isNamed ? 64 : 4
        let hasFlags = view.count >= sizes + 16
        var pinned = false
        if !isNamed && view.count == 36 {
            // PIN_GLOBAL_NS of iproute2
            pinned = try view.u32(24) == 2
        } else if !isNamed && view.count != 28 && view.count > 20 {
            for offset in 20..<view.count where try view.u8(offset) != 0 {
                throw ObjectError(.unsupported, offset: offset, "a definition of \(view.count) bytes is not known")
            }
        }
        return MapDefinition(
            name: name,
            attributes: MapAttributes(
                type: type, keySize: try view.int32(sizes), valueSize: try view.int32(sizes + 4),
                maxEntries: try view.int32(sizes + 8),
                flags: MapFlags(rawValue: hasFlags ? try view.u32(sizes + 12) : 0)),
            keyType: types?.key, valueType: types?.value, pinnedByName: pinned)
    }

    private static func numberedType(_ view: ByteView) throws(ObjectError) -> MapType {
        let number = try view.u32(0)
        guard let type = MapType(rawValue: number) else {
            throw ObjectError(.unsupported, offset: 0, "unknown map type \(number)")
        }
        return type
    }

    /// generic-ebpf's names, or the ones of `MapType.name`.
    private static func namedType(_ view: ByteView) throws(ObjectError) -> MapType {
        let name = try view.view(offset: 0, count: 64, section: nil).text(0, limit: 64)
        let type: MapType? =
            switch name {
            case "hashtable": .hash
            case "percpu_hashtable": .perCPUHash
            default: MapType(name: name)
            }
        guard let type else { throw ObjectError(.unsupported, offset: 0, "unknown map type \"\(name)\"") }
        return type
    }
}
