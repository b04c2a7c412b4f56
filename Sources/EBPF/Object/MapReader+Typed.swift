extension MapReader {
    /// Maps of a `.maps` section: variables whose types describe them. `__uint(name, value)` is a pointer to an array
    /// of that many elements, `__type(name, type)` a pointer to that type. <bpf/bpf_helpers.h>
    func readTyped(_ section: ELFFile.Section) throws(ObjectError) -> [Found] {
        guard let btf else {
            throw ObjectError(
                .unresolved, section: section.name, "maps are described by BTF, which is missing: compile with -g")
        }
        var types: [String: BTF.TypeID] = [:]
        for variable in btf.variables(inSection: section.name) { types[variable.name] = variable.type }
        var found: [Found] = []
        for symbol in try symbols(in: section) {
            guard let type = types[symbol.name] else {
                throw ObjectError(
                    .unresolved, section: section.name, offset: symbol.offset, "no BTF for map \"\(symbol.name)\"")
            }
            let map = TypedMap(btf: btf, section: section.name, offset: symbol.offset, name: symbol.name)
            var definition = try map.definition(type)
            if let start = try map.valuesOffset(type) {
                definition.values = try values(in: section, symbol.offset + start..<symbol.offset + symbol.size)
            }
            found.append(Found(definition: definition, section: section.index, offset: symbol.offset))
        }
        return found
    }

    /// What pointers in a part of a section of maps point to: maps of the section, and functions.
    private func values(
        in section: ELFFile.Section, _ range: Range<Int>
    ) throws(ObjectError) -> [MapDefinition.Value] {
        var values: [MapDefinition.Value] = []
        let content = try elf.content(section)
        for relocation in elf.relocations[section.index] ?? [] where range.contains(relocation.offset) {
            let symbol = elf.symbols[relocation.symbol]
            guard relocation.type == ELFFile.Relocation.abs64, (relocation.offset - range.lowerBound) % 8 == 0 else {
                throw ObjectError(
                    .unsupported, section: section.name, offset: relocation.offset,
                    "relocation type \(relocation.type) of a map's values")
            }
            var name = symbol.name
            if symbol.type == ELFFile.Symbol.sectionType, elf.sections.indices.contains(symbol.section) {
                // The symbol of a section, and how far the target is from its start.
                let place = symbol.value &+ (try content.u64(relocation.offset))
                name =
                    elf.symbols(in: elf.sections[symbol.section]).first {
                        $0.value == place && $0.type != ELFFile.Symbol.sectionType && !$0.name.isEmpty
                    }?.name ?? ""
            }
            guard !name.isEmpty else {
                throw ObjectError(
                    .unresolved, section: section.name, offset: relocation.offset,
                    "a map's value refers to no map and no function")
            }
            values.append(MapDefinition.Value(index: (relocation.offset - range.lowerBound) / 8, name: name))
        }
        return values
    }
}

/// One map of a `.maps` section.
private struct TypedMap {
    let btf: BTF
    let section: String
    let offset: Int
    let name: String

    func refuse(_ message: String, _ kind: ObjectError.Kind = .malformed) -> ObjectError {
        ObjectError(kind, section: section, offset: offset, "map \"\(name)\" \(message)")
    }

    /// `isInner`: it describes the maps within one.
    func definition(_ type: BTF.TypeID, isInner: Bool = false) throws(ObjectError) -> MapDefinition {
        guard case .structure(let structure) = btf.resolved(type) else { throw refuse("is no structure") }
        var numbers: [String: Int] = [:]
        var keyType: BTF.TypeID?
        var valueType: BTF.TypeID?
        var values: BTF.Member?
        var seen: Set<String> = []
        for member in structure.members {
            let attribute = member.name ?? ""
            guard seen.insert(attribute).inserted else { throw refuse("has two attributes \"\(attribute)\"") }
            switch attribute {
            case "type", "max_entries", "map_flags", "key_size", "value_size", "pinning", "numa_node", "map_extra":
                numbers[attribute] = try number(member)
            case "key": keyType = try target(member)
            case "value": valueType = try target(member)
            case "values": values = member
            default: throw refuse("has an unknown attribute \"\(attribute)\"", .unsupported)
            }
        }
        guard let kind = numbers["type"] else { throw refuse("has no type") }
        guard let mapType = UInt32(exactly: kind).flatMap(MapType.init(rawValue:)) else {
            throw refuse("has unknown type \(kind)", .unsupported)
        }
        let keySize = try size("key", declared: numbers["key_size"], type: keyType)
        var valueSize = try size("value", declared: numbers["value_size"], type: valueType)
        if values != nil && valueSize == 0 { valueSize = 4 }
        let pinning = numbers["pinning"] ?? 0
        guard pinning <= 1 else { throw refuse("has unknown pinning \(pinning)", .unsupported) }
        return MapDefinition(
            name: name,
            attributes: MapAttributes(
                type: mapType, keySize: keySize, valueSize: valueSize, maxEntries: numbers["max_entries"] ?? 0,
                flags: MapFlags(rawValue: UInt32(truncatingIfNeeded: numbers["map_flags"] ?? 0)),
                extra: UInt64(numbers["map_extra"] ?? 0)),
            keyType: keyType, valueType: valueType, pinnedByName: pinning == 1,
            inner: isInner || !mapType.holdsMaps ? nil : try inner(values))
    }

    /// Bytes from the map's start to its array of initial values; nil where it has none.
    func valuesOffset(_ type: BTF.TypeID) throws(ObjectError) -> Int? {
        guard case .structure(let structure) = btf.resolved(type),
            let member = structure.members.first(where: { $0.name == "values" })
        else { return nil }
        return member.bitOffset / 8
    }

    /// `__array(values, struct {...})`: an array of pointers to what describes the maps within.
    private func inner(_ values: BTF.Member?) throws(ObjectError) -> MapAttributes? {
        guard let values else { return nil }
        guard case .array(let array) = btf.resolved(values.type),
            case .pointer(let target) = btf.resolved(array.element)
        else { throw refuse("has \"values\" that are no maps: use __array") }
        let inner = try TypedMap(btf: btf, section: section, offset: offset, name: name + ".inner")
            .definition(target, isInner: true).attributes
        guard !inner.type.holdsMaps else { throw refuse("holds maps that hold maps", .unsupported) }
        return inner
    }

    /// `__uint(name, value)`, or `__ulong(name, value)`, which is an enumerator.
    private func number(_ member: BTF.Member) throws(ObjectError) -> Int {
        switch btf.resolved(member.type) {
        case .pointer(let target):
            if case .array(let array) = btf.resolved(target) { return array.count }
        case .enumeration(let type):
            if let value = type.values.first?.value, let number = Int(exactly: value), number >= 0 { return number }
        default: break
        }
        throw refuse("has \"\(member.name ?? "")\" that is no number: use __uint")
    }

    private func target(_ member: BTF.Member) throws(ObjectError) -> BTF.TypeID {
        guard case .pointer(let target) = btf.resolved(member.type) else {
            throw refuse("has \"\(member.name ?? "")\" that is no type: use __type")
        }
        return target
    }

    private func size(_ what: String, declared: Int?, type: BTF.TypeID?) throws(ObjectError) -> Int {
        guard let type else { return declared ?? 0 }
        guard let size = btf.size(of: type) else { throw refuse("has a \(what) type without a size") }
        guard declared == nil || declared == size else {
            throw refuse("has \(what)_size \(declared ?? 0), but its \(what) type has \(size) bytes")
        }
        guard size <= Int32.max else { throw refuse("has a \(what) of \(size) bytes", .tooLarge) }
        return size
    }
}
