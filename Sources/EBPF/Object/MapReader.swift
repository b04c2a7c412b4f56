/// Reads the maps that an object declares, in each of the three styles.
struct MapReader {
    let elf: ELFFile
    let btf: BTF?

    /// A map, and the symbol's place that relocations refer to.
    struct Found {
        var definition: MapDefinition
        var section: Int
        var offset: Int
    }

    /// Most maps in a section.
    static let most = 4096

    func read() throws(ObjectError) -> [Found] {
        var found: [Found] = []
        var seen: Set<String> = []
        for section in elf.sections where section.isMaps && section.size > 0 {
            guard seen.insert(section.name).inserted else {
                throw ObjectError(.malformed, section: section.name, "there are two of it")
            }
            found += section.name == ".maps" ? try readTyped(section) : try readLegacy(section)
        }
        return found
    }

    /// The symbols that define something in `section`, ascending by offset; one each.
    func symbols(in section: ELFFile.Section) throws(ObjectError) -> [(name: String, offset: Int, size: Int)] {
        var symbols: [(name: String, offset: Int, size: Int)] = []
        for symbol in elf.symbols(in: section) where !symbol.name.isEmpty {
            guard symbol.type == ELFFile.Symbol.object || symbol.type == ELFFile.Symbol.noType else { continue }
            guard let offset = Int(exactly: symbol.value), let size = Int(exactly: symbol.size),
                offset < section.size, size <= section.size - offset
            else {
                throw ObjectError(
                    .malformed, section: section.name,
                    "symbol \"\(symbol.name)\" of \(symbol.size) bytes at 0x\(String(symbol.value, radix: 16)) lies "
                        + "beyond \(section.size) bytes")
            }
            symbols.append((symbol.name, offset, size))
        }
        guard symbols.count <= Self.most else {
            throw ObjectError(.tooLarge, section: section.name, "\(symbols.count) maps, \(Self.most) at most")
        }
        symbols.sort { $0.offset < $1.offset }
        for (one, next) in zip(symbols, symbols.dropFirst()) where one.offset == next.offset {
            throw ObjectError(
                .malformed, section: section.name, offset: one.offset,
                "both \"\(one.name)\" and \"\(next.name)\" are defined here")
        }
        return symbols
    }
}
