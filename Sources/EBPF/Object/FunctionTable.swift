import ISA

/// The functions in an object's sections of code.
struct FunctionTable {
    struct Function {
        var name: String
        var section: Int
        /// Byte range within the section.
        var offset: Int
        var size: Int
        /// A global one: callable from outside, so a program by itself where its section is one of programs.
        var isEntry: Bool
    }

    struct Place: Hashable {
        var section: Int
        var offset: Int
    }

    let functions: [Function]
    private let byPlace: [Place: Int]

    init(_ elf: ELFFile) throws(ObjectError) {
        var functions: [Function] = []
        for section in elf.sections where section.isCode && section.size > 0 {
            functions += try Self.functions(elf, in: section)
        }
        var byPlace: [Place: Int] = [:]
        for (index, function) in functions.enumerated() {
            let place = Place(section: function.section, offset: function.offset)
            if byPlace[place] == nil { byPlace[place] = index }
        }
        self.functions = functions
        self.byPlace = byPlace
    }

    /// The function that begins at this byte.
    func function(section: Int, offset: Int) -> Int? { byPlace[Place(section: section, offset: offset)] }

    private static func functions(
        _ elf: ELFFile, in section: ELFFile.Section
    ) throws(ObjectError) -> [Function] {
        guard section.size % Instruction.size == 0 else {
            throw ObjectError(.malformed, section: section.name, "\(section.size) bytes are no number of instructions")
        }
        var functions: [Function] = []
        let symbols = elf.symbols(in: section)
        // Old compilers, and assembly without `.type`, have symbols of no type; so do labels, which are local.
        let isTyped = symbols.contains { $0.type == ELFFile.Symbol.function }
        for symbol in symbols {
            guard
                isTyped
                    ? symbol.type == ELFFile.Symbol.function
                    : symbol.type == ELFFile.Symbol.noType && symbol.binding != ELFFile.Symbol.local
            else { continue }
            guard let offset = Int(exactly: symbol.value), let size = Int(exactly: symbol.size),
                offset < section.size, size <= section.size - offset, offset % Instruction.size == 0,
                size % Instruction.size == 0
            else {
                throw ObjectError(
                    .malformed, section: section.name,
                    "function \"\(symbol.name)\" of \(symbol.size) bytes at 0x\(String(symbol.value, radix: 16)) is no "
                        + "range of instructions within \(section.size) bytes")
            }
            functions.append(
                Function(
                    name: symbol.name, section: section.index, offset: offset, size: size,
                    isEntry: symbol.binding != ELFFile.Symbol.local && symbol.visibility != ELFFile.Symbol.hidden))
        }
        functions.sort { ($0.offset, $0.isEntry ? 0 : 1, $0.name) < ($1.offset, $1.isEntry ? 0 : 1, $1.name) }
        // Assembly may leave out sizes: such a function ends where the next begins.
        var end = section.size
        for index in functions.indices.reversed() {
            if functions[index].size == 0 { functions[index].size = end - functions[index].offset }
            if index > 0 && functions[index - 1].offset < functions[index].offset { end = functions[index].offset }
        }
        return functions
    }
}
