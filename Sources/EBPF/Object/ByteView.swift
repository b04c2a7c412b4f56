/// A range of the file, little endian. Every access is checked against the range; errors name section and offset.
struct ByteView: Sendable {
    private let file: [UInt8]
    private let start: Int
    let count: Int
    /// What errors call the range; nil for the file itself.
    let section: String?

    init(file: [UInt8]) {
        self.file = file
        start = 0
        count = file.count
        section = nil
    }

    private init(file: [UInt8], start: Int, count: Int, section: String?) {
        self.file = file
        self.start = start
        self.count = count
        self.section = section
    }

    /// The bytes of a section; `offset` is within this view, and offsets in the new view's errors start at 0.
    func view(offset: Int, count: Int, section: String?) throws(ObjectError) -> ByteView {
        try require(offset, count, "content of \(section ?? "section header")")
        return ByteView(file: file, start: start + offset, count: count, section: section)
    }

    func require(_ offset: Int, _ size: Int, _ what: @autoclosure () -> String) throws(ObjectError) {
        guard offset >= 0, size >= 0, offset <= count, size <= count - offset else {
            throw ObjectError(
                .truncated, section: section, offset: offset, "\(what()) needs \(size) bytes, \(count) are there")
        }
    }

    private func integer<T: FixedWidthInteger>(_ offset: Int, _: T.Type) throws(ObjectError) -> T {
        try require(offset, MemoryLayout<T>.size, "a number")
        var value: T = 0
        for index in 0..<MemoryLayout<T>.size {
            value |= T(truncatingIfNeeded: file[start + offset + index]) << T(8 * index)
        }
        return value
    }

    func u8(_ offset: Int) throws(ObjectError) -> UInt8 { try integer(offset, UInt8.self) }
    func u16(_ offset: Int) throws(ObjectError) -> UInt16 { try integer(offset, UInt16.self) }
    func u32(_ offset: Int) throws(ObjectError) -> UInt32 { try integer(offset, UInt32.self) }
    func u64(_ offset: Int) throws(ObjectError) -> UInt64 { try integer(offset, UInt64.self) }

    /// A 64-bit size or offset, which must fit a non-negative `Int`.
    func size(_ offset: Int) throws(ObjectError) -> Int {
        let value = try u64(offset)
        guard let size = Int(exactly: value) else {
            throw ObjectError(.malformed, section: section, offset: offset, "0x\(String(value, radix: 16)) is no size")
        }
        return size
    }

    /// A 32-bit size, offset or index.
    func int32(_ offset: Int) throws(ObjectError) -> Int { Int(try u32(offset)) }

    func bytes(_ offset: Int, _ size: Int) throws(ObjectError) -> ArraySlice<UInt8> {
        try require(offset, size, "content")
        return file[(start + offset)..<(start + offset + size)]
    }

    var all: ArraySlice<UInt8> { file[start..<(start + count)] }

    /// Longest name of a symbol, section or type. Without a limit many references to one long string could fill memory.
    static let longestName = 512

    /// A NUL-terminated name. One without an end, or longer than `longestName`, is refused.
    func name(_ offset: Int) throws(ObjectError) -> String {
        try require(offset, 1, "a name")
        let from = start + offset
        let limit = min(start + count, from + Self.longestName + 1)
        guard let end = file[from..<limit].firstIndex(of: 0) else {
            throw ObjectError(
                .malformed, section: section, offset: offset, "a name has no end within \(Self.longestName) bytes")
        }
        return String(decoding: file[from..<end], as: UTF8.self)
    }

    /// NUL-terminated text, cut after `limit` bytes.
    func text(_ offset: Int, limit: Int) throws(ObjectError) -> String {
        try require(offset, 1, "text")
        let from = start + offset
        let part = file[from..<min(start + count, from + limit)]
        return String(decoding: part.prefix { $0 != 0 }, as: UTF8.self)
    }
}
