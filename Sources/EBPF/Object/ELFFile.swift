/// The parts of an ELF64 little-endian relocatable file that a loader needs. ELF-64 object file format 1.5, <elf.h>.
struct ELFFile: Sendable {
    let file: ByteView
    private(set) var sections: [Section] = []
    private(set) var symbols: [Symbol] = []
    /// Indices into `symbols` by the section that they are in.
    private(set) var symbolsBySection: [Int: [Int]] = [:]
    /// Relocations by the index of the section that they change, ascending by offset.
    private(set) var relocations: [Int: [Relocation]] = [:]

    struct Section: Sendable {
        var index: Int
        var name: String
        var type: UInt32
        var flags: UInt64
        var offset: Int
        var size: Int
        var link: Int
        var info: Int
        var entrySize: Int

        /// `SHF_EXECINSTR` with content.
        var isCode: Bool { type == Self.progbits && flags & 0x4 != 0 }
        /// `SHF_COMPRESSED`
        var isCompressed: Bool { flags & 0x800 != 0 }

        static let null: UInt32 = 0
        static let progbits: UInt32 = 1
        static let symtab: UInt32 = 2
        static let strtab: UInt32 = 3
        static let rela: UInt32 = 4
        static let nobits: UInt32 = 8
        static let rel: UInt32 = 9
    }

    struct Symbol: Sendable {
        var name: String
        var type: UInt8
        var binding: UInt8
        var visibility: UInt8
        /// Section index, or one of the reserved ones below.
        var section: Int
        /// Offset within the section.
        var value: UInt64
        var size: UInt64

        static let noType: UInt8 = 0
        static let object: UInt8 = 1
        static let function: UInt8 = 2
        static let sectionType: UInt8 = 3
        static let local: UInt8 = 0
        static let weak: UInt8 = 2
        static let hidden: UInt8 = 2
        static let undefined = 0
        static let firstReserved = 0xff00
    }

    struct Relocation: Sendable {
        /// Byte offset within the section that it changes.
        var offset: Int
        var symbol: Int
        var type: UInt32

        /// `R_BPF_64_64`: a 64-bit immediate.
        static let imm64: UInt32 = 1
        /// `R_BPF_64_ABS64`, `R_BPF_64_ABS32`, `R_BPF_64_NODYLD32`: data.
        static let abs64: UInt32 = 2
        static let abs32: UInt32 = 3
        static let noDyld32: UInt32 = 4
        /// `R_BPF_64_32`: a call.
        static let call: UInt32 = 10
    }

    init(_ bytes: [UInt8]) throws(ObjectError) {
        file = ByteView(file: bytes)
        try readHeader()
    }

    func section(named name: String) -> Section? { sections.first { $0.name == name } }

    func symbols(in section: Section) -> [Symbol] { (symbolsBySection[section.index] ?? []).map { symbols[$0] } }

    /// The bytes of a section that is in the file (not `SHT_NOBITS`).
    func content(_ section: Section) throws(ObjectError) -> ByteView {
        guard section.type != Section.nobits else {
            throw ObjectError(.malformed, section: section.name, "has no content in the file")
        }
        guard !section.isCompressed else {
            throw ObjectError(.unsupported, section: section.name, "compressed sections are not supported")
        }
        return try file.view(offset: section.offset, count: section.size, section: section.name)
    }

    mutating func add(section: Section) { sections.append(section) }
    mutating func set(symbols: [Symbol]) {
        self.symbols = symbols
        symbolsBySection = Dictionary(grouping: symbols.indices) { symbols[$0].section }
    }
    mutating func set(relocations: [Relocation], for section: Int) {
        self.relocations[section, default: []] += relocations
    }
    mutating func sortRelocations() {
        for key in relocations.keys { relocations[key]?.sort { $0.offset < $1.offset } }
    }
}
