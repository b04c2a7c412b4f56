/// The chunked transfer coding (RFC 9112 section 7.1), however its bytes are cut.
struct ChunkReader {
    private enum State { case size, extensions, sizeEnd, data, dataEnd(UInt8), end }

    private var state = State.size
    /// Of the chunk, what is left of it; nil before its first digit.
    private var size: Int?

    /// Whether the body has ended. Trailers stay unread.
    var isAtEnd: Bool { if case .end = state { true } else { false } }

    /// Takes the next part of the body from the front of `bytes`; nil where there is none yet, and at the end.
    mutating func next(from bytes: inout ArraySlice<UInt8>) throws(Failure) -> ArraySlice<UInt8>? {
        while let byte = bytes.first, !isAtEnd {
            if case .data = state, let left = size {
                let part = bytes.prefix(left)
                bytes = bytes.dropFirst(part.count)
                size = part.count == left ? nil : left - part.count
                if size == nil { state = .dataEnd(13) }
                return part
            }
            try read(byte)
            bytes = bytes.dropFirst()
        }
        return nil
    }

    /// A byte that is no data.
    private mutating func read(_ byte: UInt8) throws(Failure) {
        switch (state, byte, size) {
        case (.size, _, _) where Self.digit(byte) != nil:
            guard size ?? 0 < 1 << 40, let digit = Self.digit(byte) else { throw Self.malformed }
            size = (size ?? 0) << 4 | digit
        case (.size, UInt8(ascii: ";"), .some), (.size, UInt8(ascii: " "), .some): state = .extensions
        case (.size, 13, .some), (.extensions, 13, _): state = .sizeEnd
        case (.extensions, _, _): break
        case (.sizeEnd, 10, 0): state = .end
        case (.sizeEnd, 10, _): state = .data
        case (.dataEnd(13), 13, _): state = .dataEnd(10)
        case (.dataEnd(10), 10, _): state = .size
        default: throw Self.malformed
        }
    }

    private static var malformed: Failure { .failed("the service's answer is malformed") }

    private static func digit(_ byte: UInt8) -> Int? { Character(UnicodeScalar(byte)).hexDigitValue }
}
