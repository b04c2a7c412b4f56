/// The `.BTF.ext` section: source lines, and what its relocations ask of a kernel.
struct LineInfo: Sendable {
    struct Record: Sendable {
        /// Byte offset of the instruction within its section.
        var offset: Int
        var file: String
        var line: Int
        var column: Int
        var text: String
    }

    /// By section name, ascending by offset, at most one for an offset.
    private(set) var records: [String: [Record]] = [:]

    /// Byte offsets of instructions that ask whether a kernel has what this one does not, by section name.
    private(set) var absences: [String: Set<Int>] = [:]

    /// Longest source line that is kept, in bytes.
    private static let longestText = 512

    init() {}

    /// `strings`: those of the `.BTF` section.
    init(section view: ByteView, strings: ByteView, btf: BTF) throws(ObjectError) {
        guard try view.u16(0) == BTF.magic else {
            throw ObjectError(.malformed, section: view.section, offset: 0, "not BTF: wrong magic")
        }
        guard try view.u8(2) == 1 else {
            throw ObjectError(.unsupported, section: view.section, offset: 2, "BTF version \(try view.u8(2))")
        }
        let header = try view.int32(4)
        guard header >= 24 else {
            throw ObjectError(.malformed, section: view.section, offset: 4, "header of \(header) bytes")
        }
        if header >= 32, try view.u32(28) > 0 {
            absences = try CORERelocations(view: view, strings: strings, btf: btf)
                .absences(at: header + (try view.int32(24)), count: try view.int32(28))
        }
        try readLines(view, at: header + (try view.int32(16)), count: try view.int32(20), strings: strings)
    }

    private mutating func readLines(
        _ view: ByteView, at start: Int, count: Int, strings: ByteView
    ) throws(ObjectError) {
        guard count > 0 else { return }
        try view.require(start, count, "line information")
        let recordSize = try view.int32(start)
        guard recordSize >= 16, recordSize % 4 == 0 else {
            throw ObjectError(.malformed, section: view.section, offset: start, "line records of \(recordSize) bytes")
        }
        var files: [UInt32: String] = [:]
        var texts: [UInt32: String] = [:]
        var offset = start + 4
        let end = start + count
        while offset < end {
            try view.require(offset, 8, "line information of a section")
            let name = try strings.name(try view.int32(offset))
            let number = try view.int32(offset + 4)
            offset += 8
            guard number <= (end - offset) / recordSize else {
                throw ObjectError(.truncated, section: view.section, offset: offset - 4, "\(number) line records")
            }
            var found: [Record] = []
            found.reserveCapacity(number)
            for index in 0..<number {
                let at = offset + index * recordSize
                let position = try view.u32(at + 12)
                found.append(
                    Record(
                        offset: try view.int32(at),
                        file: try Self.text(try view.u32(at + 4), strings, &files),
                        line: Int(position >> 10), column: Int(position & 0x3ff),
                        text: try Self.text(try view.u32(at + 8), strings, &texts)))
            }
            offset += number * recordSize
            records[name, default: []] += found
        }
        for (name, list) in records {
            var last = -1
            records[name] = list.sorted { $0.offset < $1.offset }.filter { record in
                defer { last = record.offset }
                return record.offset != last
            }
        }
    }

    private static func text(
        _ at: UInt32, _ strings: ByteView, _ cache: inout [UInt32: String]
    ) throws(ObjectError) -> String {
        if let text = cache[at] { return text }
        let text = try strings.text(Int(at), limit: longestText)
        cache[at] = text
        return text
    }
}
