/// The data sections of an object, each the only value of an array map, and the variables in them.
struct DataSections {
    struct Found {
        var definition: MapDefinition
        var section: Int
    }

    /// Most bytes of all data sections; `.bss` takes none in the file.
    static let most = 64 << 20

    /// Reads them, and completes what `btf` says of them.
    static func read(_ elf: ELFFile, btf: inout BTF?) throws(ObjectError) -> [Found] {
        var total = 0
        var seen: Set<String> = []
        var found: [Found] = []
        for section in elf.sections where section.isData && section.size > 0 {
            guard section.size <= most - total else {
                throw ObjectError(.tooLarge, section: section.name, "data of more than \(most >> 20) MiB")
            }
            guard seen.insert(section.name).inserted else {
                throw ObjectError(.malformed, section: section.name, "there are two of it")
            }
            total += section.size
            if let relocation = elf.relocations[section.index]?.first {
                throw ObjectError(
                    .unsupported, section: section.name, offset: relocation.offset,
                    "holds a pointer to \"\(elf.describe(relocation.symbol))\"; only code can refer to data")
            }
            let bytes =
                section.type == ELFFile.Section.nobits
                ? [UInt8](repeating: 0, count: section.size) : [UInt8](try elf.content(section).all)
            let type = btf?.dataSection(named: section.name)
            if let type {
                var offsets: [String: Int] = [:]
                for variable in try variables(elf, in: section) where variable.isGlobal {
                    offsets[variable.name] = variable.offset
                }
                try btf?.place(section: type, size: section.size, offsets: offsets)
            }
            let definition = MapDefinition(
                name: section.name,
                attributes: MapAttributes(
                    type: .array, keySize: 4, valueSize: section.size, maxEntries: 1,
                    flags: section.isReadOnlyData ? .readOnlyProgram : []),
                valueType: type, initialValue: bytes)
            found.append(Found(definition: definition, section: section.index))
        }
        return found
    }

    /// The variables in `data`, whose maps begin at index `firstMap`. Global ones come before static ones.
    static func variables(
        _ elf: ELFFile, btf: BTF?, data: [Found], firstMap: Int
    ) throws(ObjectError) -> [ObjectFile.Variable] {
        var found: [ObjectFile.Variable] = []
        for (index, data) in data.enumerated() {
            var types: [Int: BTF.TypeID] = [:]
            if let type = data.definition.valueType, case .dataSection(let section) = btf?.type(type) {
                for entry in section.variables {
                    if case .variable(let variable) = btf?.type(entry.type) { types[entry.offset] = variable.type }
                }
            }
            for var variable in try variables(elf, in: elf.sections[data.section]) {
                variable.map = firstMap + index
                variable.type = types[variable.offset]
                found.append(variable)
            }
        }
        return found.filter(\.isGlobal) + found.filter { !$0.isGlobal }
    }

    /// What the symbol table has in one section.
    private static func variables(
        _ elf: ELFFile, in section: ELFFile.Section
    ) throws(ObjectError) -> [ObjectFile.Variable] {
        var found: [ObjectFile.Variable] = []
        for symbol in elf.symbols(in: section)
        where symbol.type == ELFFile.Symbol.object && !symbol.name.isEmpty {
            guard let offset = Int(exactly: symbol.value), let size = Int(exactly: symbol.size),
                offset <= section.size, size <= section.size - offset
            else {
                throw ObjectError(
                    .malformed, section: section.name, "symbol \"\(symbol.name)\" lies beyond \(section.size) bytes")
            }
            found.append(
                ObjectFile.Variable(
                    name: symbol.name, map: 0, offset: offset, size: size, type: nil, isConst: section.isReadOnlyData,
                    isGlobal: symbol.binding != ELFFile.Symbol.local))
        }
        return found
    }
}

extension ELFFile {
    /// What to call a symbol in an error: its name, or the section's for the symbol of a section.
    func describe(_ symbol: Int) -> String {
        let symbol = symbols[symbol]
        if symbol.name.isEmpty && symbol.section < sections.count { return sections[symbol.section].name }
        return symbol.name
    }
}
