/// Finds the lines of a header section, or of trailers, as their bytes arrive, and refuses what no line may hold: a
/// bare CR or LF, NUL and other controls (RFC 9112 sections 2.2 and 5). Each byte is looked at once.
struct HeadScanner {
    struct Limits {
        /// Of the first line, without CRLF; 0 where there is no request line but fields only.
        var requestLine: Int
        var section: Int
        var fields: Int
    }

    /// Lines without CRLF and without the empty line at the end, relative to the section's first byte.
    private(set) var lines: [Range<Int>] = []
    private(set) var position = 0
    private var lineStart = 0
    private var sawCR = false
    private var skippedEmptyLine = false
    private let isTrailer: Bool

    init(isTrailer: Bool = false) {
        self.isTrailer = isTrailer
    }

    /// Any byte of the section has been seen.
    var hasBegun: Bool { position > 0 }

    /// Goes on where it stopped; `input` holds the section from its first byte.
    /// - Returns: the length of the section with the empty line that ends it, nil while that has not arrived.
    mutating func scan(_ input: InputBuffer, limits: HeadScanner.Limits) throws(RequestError) -> Int? {
        let bytes = input.bytes.span
        let base = input.start
        let end = input.count
        while position < end {
            let byte = bytes[base + position]
            if sawCR {
                guard byte == .lf else { throw .malformed("a CR without LF") }
                sawCR = false
                position += 1
                if try endLine(limits) { return position }
                continue
            }
            if byte == .cr {
                sawCR = true
            } else if byte == .lf {
                throw .malformed("an LF without CR")
            } else if byte < 0x20 && byte != 0x09 || byte == 0x7f {
                throw .malformed("a control character, 0x\(String(byte, radix: 16))")
            }
            position += 1
            if lines.isEmpty && !isTrailer {
                // 64: the method, the version and the spaces beside them
                if position - lineStart > limits.requestLine + 64 { throw .targetTooLong(limit: limits.requestLine) }
            } else if position > limits.section {
                throw .headerSectionTooLarge(limit: limits.section)
            }
        }
        return nil
    }

    /// - Returns: true when the line was the empty one at the end.
    private mutating func endLine(_ limits: HeadScanner.Limits) throws(RequestError) -> Bool {
        let line = lineStart..<position - 2
        lineStart = position
        if !line.isEmpty {
            if lines.count > limits.fields { throw .tooManyFields(limit: limits.fields) }
            lines.append(line)
            return false
        }
        if isTrailer || !lines.isEmpty { return true }
        // RFC 9112 section 2.2: one empty line before a request line is ignored
        if skippedEmptyLine { throw .malformed("empty lines before the request line") }
        skippedEmptyLine = true
        return false
    }
}
