/// The chunked transfer coding, RFC 9112 section 7.1. Chunk extensions are checked for forbidden characters, bounded
/// and ignored; trailer fields are parsed as strictly as header fields and dropped.
struct ChunkedDecoder {
    private enum State {
        case size(digits: Int)
        case extensions
        case sizeLF
        case data
        case dataCR
        case dataLF
        case trailer(HeadScanner)
        case done
    }

    /// Bytes of chunk extensions that are taken over the whole body.
    static let extensionLimit = 4096

    private var state = State.size(digits: 0)
    private var size = 0
    private var extensionBytes = 0

    mutating func decode(
        _ input: inout InputBuffer, into body: inout [UInt8], limit: Int, trailer: HeadScanner.Limits
    ) throws(RequestError) -> Bool {
        while true {
            if case .trailer(var scanner) = state {
                state = .done
                let length = try scanner.scan(input, limits: trailer)
                guard let length else {
                    state = .trailer(scanner)
                    return false
                }
                try checkTrailer(input.prefix(length), lines: scanner.lines)
                input.consume(length)
                return true
            }
            if case .done = state { return true }
            if input.isEmpty { return false }
            if case .data = state {
                let count = min(size, input.count)
                body.append(contentsOf: input.prefix(count))
                input.consume(count)
                size -= count
                if size == 0 { state = .dataCR }
                continue
            }
            let byte = input.bytes[input.start]
            input.consume(1)
            try step(byte, taken: body.count, limit: limit)
        }
    }

    /// One byte outside of chunk data and trailers.
    private mutating func step(_ byte: UInt8, taken: Int, limit: Int) throws(RequestError) {
        switch state {
        case .size(let digits):
            if let value = byte.hexValue {
                guard digits < 15 else { throw .malformed("a chunk size of over 15 digits") }
                size = size << 4 | Int(value)
                if size > limit - taken { throw .bodyTooLarge(limit: limit) }
                state = .size(digits: digits + 1)
                return
            }
            guard digits > 0 else { throw .malformed("a chunk without a size") }
            if byte == .cr {
                state = .sizeLF
            } else if byte == UInt8(ascii: ";") {
                state = .extensions
            } else {
                throw .malformed("a chunk size that is not a hex number")
            }
        case .extensions:
            if byte == .cr {
                state = .sizeLF
                return
            }
            if byte < 0x20 && byte != 0x09 || byte >= 0x7f { throw .malformed("a control in a chunk extension") }
            extensionBytes += 1
            if extensionBytes > Self.extensionLimit { throw .malformed("too many chunk extensions") }
        case .sizeLF:
            guard byte == .lf else { throw .malformed("a CR without LF after a chunk size") }
            state = size == 0 ? .trailer(HeadScanner(isTrailer: true)) : .data
        case .dataCR:
            guard byte == .cr else { throw .malformed("a chunk that is longer than its size") }
            state = .dataLF
        case .dataLF:
            guard byte == .lf else { throw .malformed("a chunk that is longer than its size") }
            state = .size(digits: 0)
        case .data, .trailer, .done:
            break
        }
    }

    private func checkTrailer(_ section: ArraySlice<UInt8>, lines: [Range<Int>]) throws(RequestError) {
        for line in lines {
            _ = try FieldLine.parse(
                section[section.startIndex + line.lowerBound..<section.startIndex + line.upperBound])
        }
    }
}
