import Glibc

extension Client {
    /// Hands on the body of an answer as it comes, until its end, until `body` says false, or until nobody reads from the
    /// pipe that `output` is.
    func stream(
        _ path: String, watching output: Int32, _ body: (ArraySlice<UInt8>) throws(Failure) -> Bool
    ) throws(Failure) {
        let connection = try Connection(to: endpoint)
        defer { connection.close() }
        let head = "GET \(path) HTTP/1.1\r\nHost: \(endpoint.authority)\r\nConnection: close\r\n"
        _ = connection.write(Array("\(head)User-Agent: swale/\(swaleVersion)\r\n\r\n".utf8))
        var received: [UInt8] = []
        var reader: ChunkReader?
        while connection.waitToRead(watching: output) {
            let bytes = try connection.read()
            if reader == nil {
                received += bytes
                if let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
                    guard received.starts(with: Array("HTTP/1.1 200 ".utf8)) else { break }
                    var begun = ChunkReader()
                    let goesOn = try begun.add(received[end.upperBound...], body)
                    if !goesOn { return }
                    reader = begun
                }
            } else if try reader?.add(bytes[...], body) == false {
                return
            }
            guard bytes.isEmpty else { continue }
            throw .failed("the service broke the capture off")
        }
        guard reader == nil, !received.isEmpty else { return }
        // No success: a whole answer, and short.
        while case let bytes = try connection.read(), !bytes.isEmpty { received += bytes }
        throw .failed(try ReplyParser.parse(received).map { Problem.text($0) } ?? "the service's answer is cut off")
    }
}

/// The chunked transfer coding (RFC 9112 section 7.1), byte by byte where it must and chunk by chunk where it can.
struct ChunkReader {
    private enum State { case size, extensions, data, dataEnd, end }

    private var state = State.size
    private var size = 0

    /// False: the body has ended, or `body` said so.
    mutating func add(
        _ bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        var rest = bytes
        while let byte = rest.first {
            switch state {
            case .data:
                let part = rest.prefix(size)
                guard try body(part) else { return false }
                rest = rest.dropFirst(part.count)
                size -= part.count
                if size == 0 { state = .dataEnd }
                continue
            case .size:
                if let digit = Self.digit(byte) {
                    guard size < 1 << 40 else { throw .failed("the service's answer is malformed") }
                    size = size << 4 | digit
                } else if byte == 10 {
                    state = size == 0 ? .end : .data
                } else {
                    state = .extensions
                    continue
                }
            case .extensions: if byte == 10 { state = size == 0 ? .end : .data }
            case .dataEnd: if byte == 10 { state = .size }
            case .end: return false
            }
            rest = rest.dropFirst()
            if state == .end { return false }
        }
        return true
    }

    private static func digit(_ byte: UInt8) -> Int? {
        Character(UnicodeScalar(byte)).hexDigitValue
    }
}
