/// What `clang -target bpf -c` makes: programs, maps and data, ready to be created and loaded.
///
/// Objects may come from anywhere: whatever the bytes are, reading them ends in an object or in an error.
public struct ObjectFile: Sendable {
    /// Entry functions, in the order of the file: the global functions of each section of programs, or the first one
    /// where it has none but static ones; those of `.text` where there is no other section of code.
    public let programs: [ObjectProgram]
    /// Entry functions for other hooks of Linux: nothing else is read of them.
    public let skipped: [SkippedFunction]
    /// Maps that the source declares, then one for each data section.
    public private(set) var maps: [MapDefinition]
    /// Type information; nil where the object was compiled without `-g`.
    public let btf: BTF?
    /// Content of section `license`.
    public let license: String?
    /// Variables in data sections, global ones first.
    public let variables: [Variable]

    /// A global or static variable: part of the value of a data section's map.
    public struct Variable: Hashable, Sendable {
        /// As in the symbol table: a static variable of a function is `function.name`.
        public var name: String
        /// Index into the object's maps.
        public var map: Int
        /// Byte offset within the map's value.
        public var offset: Int
        /// Bytes.
        public var size: Int
        /// In the object's BTF; nil where it has none.
        public var type: BTF.TypeID?
        /// In `.rodata`: a program never changes it.
        public var isConst: Bool
        public var isGlobal: Bool
    }

    /// A function whose section says that it is for another hook of Linux, as `tc`.
    public struct SkippedFunction: Hashable, Sendable {
        public var name: String
        public var section: String
    }

    public init(elf bytes: [UInt8]) throws(ObjectError) {
        let elf = try ELFFile(bytes)
        var btf: BTF?
        var lines = LineInfo()
        if let section = elf.section(named: ".BTF") {
            let content = try elf.content(section)
            let types = try BTF(section: content)
            if let ext = elf.section(named: ".BTF.ext") {
                lines = try LineInfo(section: try elf.content(ext), strings: try BTF.strings(of: content), btf: types)
            }
            btf = types
        }
        let declared = try MapReader(elf: elf, btf: btf).read()
        let data = try DataSections.read(elf, btf: &btf)
        var targets = Linker.Targets()
        for (index, map) in declared.enumerated() {
            targets.maps[FunctionTable.Place(section: map.section, offset: map.offset)] = index
        }
        for (index, map) in data.enumerated() {
            targets.data[map.section] = (declared.count + index, map.definition.attributes.valueSize)
        }
        let configuration = try KernelConfiguration(elf, btf: btf)
        if configuration.definition != nil {
            targets.configuration = (declared.count + data.count, configuration.offsets)
        }
        let table = try FunctionTable(elf)
        var linker = try Linker(elf: elf, table: table, lines: lines, targets: targets)
        var programs: [ObjectProgram] = []
        var skipped: [SkippedFunction] = []
        for entry in Self.entries(elf, table) {
            let function = table.functions[entry]
            let section = elf.sections[function.section].name
            if ForeignSection.contains(section) {
                skipped.append(SkippedFunction(name: function.name, section: section))
            } else {
                programs.append(try linker.link(entry: entry))
            }
        }
        if programs.isEmpty, let other = skipped.first {
            throw ObjectError(
                .unsupported, section: other.section,
                "\"\(other.name)\" is for another hook of Linux, and there is no XDP or VALE program")
        }

        self.programs = programs
        self.skipped = skipped
        self.btf = btf
        maps = declared.map(\.definition) + data.map(\.definition) + (configuration.definition.map { [$0] } ?? [])
        variables = try DataSections.variables(elf, btf: btf, data: data, firstMap: declared.count)
        license = try elf.section(named: "license").map { section throws(ObjectError) in
            try elf.content(section).text(0, limit: 128)
        }
        try requireDistinctNames()
    }

    /// The variable of this name; `function.name`, or `name` alone, for a static one of a function.
    public func variable(named name: String) -> Variable? {
        variables.first { $0.name == name } ?? variables.first { $0.name.hasSuffix("." + name) }
    }

    /// An object of one program that needs no maps: what was made by something other than a compiler.
    public init(program: ObjectProgram) {
        programs = [program]
        skipped = []
        maps = []
        btf = nil
        license = nil
        variables = []
    }

    private static func entries(_ elf: ELFFile, _ table: FunctionTable) -> [Int] {
        func isText(_ function: Int) -> Bool { elf.sections[table.functions[function].section].name.hasPrefix(".text") }
        let entries = table.functions.indices.filter { table.functions[$0].isEntry }
        // Loaders before libbpf took a section for a program, whatever its function is called: it may be static.
        let named = Set(entries.map { table.functions[$0].section })
        let first = table.functions.indices.filter {
            table.functions[$0].offset == 0 && !named.contains(table.functions[$0].section) && !isText($0)
        }
        let programs = (entries.filter { !isText($0) } + first).sorted()
        return programs.isEmpty ? entries : programs
    }

    private func requireDistinctNames() throws(ObjectError) {
        var names: Set<String> = []
        for map in maps where !names.insert(map.name).inserted {
            throw ObjectError(.malformed, "two maps are called \"\(map.name)\"")
        }
        names = []
        for program in programs where !names.insert(program.name).inserted {
            throw ObjectError(.malformed, "two programs are called \"\(program.name)\"")
        }
    }
}

extension ObjectFile {
    /// Sets the initial values of variables, as loaders on Linux do with `volatile const` ones before they load.
    /// All or none: an unknown name or a wrong size changes nothing.
    public mutating func apply(constants: [(name: String, bytes: [UInt8])]) throws(ObjectError) {
        var changed = maps
        for constant in constants {
            guard let variable = variable(named: constant.name) else {
                throw ObjectError(.unknownName, "no variable is called \"\(constant.name)\"")
            }
            guard constant.bytes.count == variable.size else {
                throw ObjectError(
                    .badValue,
                    "variable \"\(constant.name)\" has \(variable.size) bytes, not \(constant.bytes.count)")
            }
            let range = variable.offset..<(variable.offset + variable.size)
            changed[variable.map].initialValue?.replaceSubrange(range, with: constant.bytes)
        }
        maps = changed
    }

    /// Changes how many entries a map is created with.
    public mutating func setMaxEntries(_ count: Int, map name: String) throws(ObjectError) {
        guard let index = maps.firstIndex(where: { $0.name == name }) else {
            throw ObjectError(.unknownName, "no map is called \"\(name)\"")
        }
        guard !maps[index].isDataSection else {
            throw ObjectError(.badValue, "map \"\(name)\" is a data section, which has one entry")
        }
        guard (1...Int(UInt32.max)).contains(count) else {
            throw ObjectError(.badValue, "map \"\(name)\" can't have \(count) entries")
        }
        maps[index].attributes.maxEntries = count
    }
}
