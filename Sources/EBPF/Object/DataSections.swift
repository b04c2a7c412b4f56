/// The data sections of an object, each the only value of an array map, and the variables in them.
struct DataSections {
    struct Found {
        var definition: MapDefinition
        var section: Int
    }

    /// Most bytes of all data sections; `.bss` takes none in the file.
    static let most = 64 << 20

    static func read(_ elf: ELFFile, btf: BTF?) throws(ObjectError) -> [Found] {
        var total = 0
        var found: [Found] = []
        for section in elf.sections where section.isData && section.size > 0 {
            guard section.size <= most - total else {
                throw ObjectError(.tooLarge, section: section.name, "data of more than \(most >> 20) MiB")
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
            let type = btf?.types(named: section.name).first {
                if case .dataSection = btf?.type($0) { true } else { false }
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
        var mapOf: [Int: Int] = [:]
        for (index, found) in data.enumerated() { mapOf[found.section] = index }
        var types: [[String: BTF.TypeID]] = []
        for found in data {
            var ofSection: [String: BTF.TypeID] = [:]
            for variable in btf?.variables(inSection: found.definition.name) ?? [] {
                ofSection[variable.name] = variable.type
            }
            types.append(ofSection)
        }
        var variables: [ObjectFile.Variable] = []
        for symbol in elf.symbols where symbol.type == ELFFile.Symbol.object && !symbol.name.isEmpty {
            guard let index = mapOf[symbol.section] else { continue }
            let section = elf.sections[symbol.section]
            guard let offset = Int(exactly: symbol.value), let size = Int(exactly: symbol.size),
                offset <= section.size, size <= section.size - offset
            else {
                throw ObjectError(
                    .malformed, section: section.name, "symbol \"\(symbol.name)\" lies beyond \(section.size) bytes")
            }
            // A static variable of a function is `function.name` in the symbol table and `name` in BTF.
            let plain = symbol.name.split(separator: ".").last.map(String.init) ?? symbol.name
            let type = types[index][symbol.name] ?? types[index][plain]
            variables.append(
                ObjectFile.Variable(
                    name: symbol.name, map: firstMap + index, offset: offset, size: size, type: type,
                    isConst: section.isReadOnlyData, isGlobal: symbol.binding != ELFFile.Symbol.local))
        }
        return variables.filter(\.isGlobal) + variables.filter { !$0.isGlobal }
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
