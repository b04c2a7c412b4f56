extension ELFFile {
    /// Reads the header, then the tables that it leads to.
    mutating func readHeader() throws(ObjectError) {
        func refuse(_ offset: Int, _ message: String) throws(ObjectError) -> Never {
            throw ObjectError(.unsupported, offset: offset, message)
        }
        guard file.count >= 4, Array(try file.bytes(0, 4)) == [0x7f, 0x45, 0x4c, 0x46] else {
            throw ObjectError(.malformed, offset: 0, "not an ELF file")
        }
        try file.require(0, 64, "the ELF header")
        guard try file.u8(4) == 2 else { try refuse(4, "not a 64-bit ELF file (EI_CLASS \(file.u8(4)))") }
        guard try file.u8(5) == 1 else { try refuse(5, "not little endian: compile with -target bpfel") }
        guard try file.u8(6) == 1 else { try refuse(6, "unknown ELF version \(file.u8(6))") }
        let type = try file.u16(16)
        guard type == 1 else { try refuse(16, "not a relocatable object (e_type \(type)): compile with clang -c") }
        // Clang before 3.9 had no machine number and wrote 0.
        let machine = try file.u16(18)
        guard machine == 247 || machine == 0 else {
            try refuse(18, "not for BPF (e_machine \(machine)): compile with -target bpf")
        }
        try readSections()
        try readSymbols()
        try readRelocations()
    }

    private mutating func readSections() throws(ObjectError) {
        let table = try file.size(40)
        var count = Int(try file.u16(60))
        var names = Int(try file.u16(62))
        guard table != 0 else { throw ObjectError(.malformed, offset: 40, "no section header table") }
        let entrySize = try file.u16(58)
        guard entrySize == 64 else {
            throw ObjectError(.malformed, offset: 58, "section headers of \(entrySize) bytes, not 64")
        }
        try file.require(table, 64, "the section header table")
        // More than 0xff00 sections: the numbers are in the first header.
        if count == 0 { count = try file.size(table + 32) }
        if names == 0xffff { names = try file.int32(table + 40) }
        guard count <= (file.count - table) / 64 else {
            throw ObjectError(.truncated, offset: table, "\(count) section headers don't fit the file")
        }
        guard names < count else {
            throw ObjectError(.malformed, offset: 62, "section names in section \(names) of \(count)")
        }
        let namesAt = try file.size(table + names * 64 + 24)
        let namesSize = try file.size(table + names * 64 + 32)
        let strings = try file.view(offset: namesAt, count: namesSize, section: "of section names")
        // Sections don't overlap, so nothing that is read section by section takes longer than the file is long.
        var room = file.count
        for index in 0..<count {
            let header = table + index * 64
            let section = Section(
                index: index, name: index == 0 ? "" : try strings.name(try file.int32(header)),
                type: try file.u32(header + 4), flags: try file.u64(header + 8), offset: try file.size(header + 24),
                size: try file.size(header + 32), link: try file.int32(header + 40), info: try file.int32(header + 44),
                entrySize: try file.size(header + 56))
            if section.type != Section.nobits && section.type != Section.null {
                _ = try file.view(offset: section.offset, count: section.size, section: nil)
                room -= section.size
                guard room >= 0 else {
                    throw ObjectError(.malformed, offset: header, "sections overlap: \"\(section.name)\"")
                }
            }
            add(section: section)
        }
    }

    private func strings(of section: Section) throws(ObjectError) -> ByteView {
        guard section.link < sections.count, sections[section.link].type == Section.strtab else {
            throw ObjectError(.malformed, section: section.name, "its string table is section \(section.link)")
        }
        return try content(sections[section.link])
    }

    private mutating func readSymbols() throws(ObjectError) {
        let tables = sections.filter { $0.type == Section.symtab }
        guard let table = tables.first else {
            throw ObjectError(.malformed, "no symbol table: the object is stripped")
        }
        guard tables.count == 1 else { throw ObjectError(.malformed, section: tables[1].name, "a second symbol table") }
        let content = try content(table)
        let strings = try strings(of: table)
        guard content.count % 24 == 0 else {
            throw ObjectError(.malformed, section: table.name, "\(content.count) bytes are no number of symbols")
        }
        var symbols: [Symbol] = []
        symbols.reserveCapacity(content.count / 24)
        for offset in stride(from: 0, to: content.count, by: 24) {
            let info = try content.u8(offset + 4)
            let symbol = Symbol(
                name: try strings.name(try content.int32(offset)), type: info & 0xf, binding: info >> 4,
                visibility: try content.u8(offset + 5) & 3, section: Int(try content.u16(offset + 6)),
                value: try content.u64(offset + 8), size: try content.u64(offset + 16))
            guard symbol.section < sections.count || symbol.section >= Symbol.firstReserved else {
                throw ObjectError(
                    .malformed, section: table.name, offset: offset,
                    "symbol \"\(symbol.name)\" in section \(symbol.section) of \(sections.count)")
            }
            symbols.append(symbol)
        }
        set(symbols: symbols)
    }

    private mutating func readRelocations() throws(ObjectError) {
        for table in sections where table.type == Section.rel || table.type == Section.rela {
            guard table.info < sections.count else {
                throw ObjectError(.malformed, section: table.name, "relocates section \(table.info)")
            }
            let target = sections[table.info]
            guard target.isRelocated else { continue }
            guard table.type == Section.rel else {
                throw ObjectError(.unsupported, section: table.name, "relocations with addends (RELA)")
            }
            let content = try content(table)
            guard content.count % 16 == 0 else {
                throw ObjectError(
                    .malformed, section: table.name, "\(content.count) bytes are no number of relocations")
            }
            var relocations: [Relocation] = []
            relocations.reserveCapacity(content.count / 16)
            for offset in stride(from: 0, to: content.count, by: 16) {
                let at = try content.size(offset)
                let type = try content.u32(offset + 8)
                let symbol = try content.int32(offset + 12)
                guard at < target.size else {
                    throw ObjectError(
                        .malformed, section: table.name, offset: offset,
                        "relocates offset 0x\(String(at, radix: 16)) of \(target.name), which has \(target.size) bytes")
                }
                guard symbol < symbols.count else {
                    throw ObjectError(
                        .malformed, section: table.name, offset: offset, "names symbol \(symbol) of \(symbols.count)")
                }
                relocations.append(Relocation(offset: at, symbol: symbol, type: type))
            }
            set(relocations: relocations, for: target.index)
        }
        sortRelocations()
    }
}

extension ELFFile.Section {
    /// Whether relocations of it matter to a loader. Those of debugging information, `.BTF` and `.BTF.ext` don't.
    var isRelocated: Bool { isCode || isData || isMaps }

    /// A section whose bytes become the only value of an array map.
    var isData: Bool {
        guard type == Self.progbits || type == Self.nobits else { return false }
        return isReadOnlyData || isNamed(".data") || isNamed(".bss")
    }

    var isReadOnlyData: Bool { isNamed(".rodata") }

    /// A section of map definitions.
    var isMaps: Bool { type == Self.progbits && (name == ".maps" || name == "maps" || name.hasPrefix("maps/")) }

    /// Called `base`, or `base` with a suffix as in `.rodata.str1.1`.
    private func isNamed(_ base: String) -> Bool { name == base || name.hasPrefix(base + ".") }
}
