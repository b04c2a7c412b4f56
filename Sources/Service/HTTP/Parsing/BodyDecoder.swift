/// Takes a request's body out of the input as it arrives.
enum BodyDecoder {
    case length(remaining: Int)
    case chunked(ChunkedDecoder)

    /// Nil where there is no body.
    init?(_ framing: BodyFraming) {
        switch framing {
        case .none: return nil
        case .length(let length): self = .length(remaining: length)
        case .chunked: self = .chunked(ChunkedDecoder())
        }
    }

    /// Appends to `body` what of it is in `input`.
    /// - Returns: true when the body is complete; false when there must be more input.
    mutating func decode(
        _ input: inout InputBuffer, into body: inout [UInt8], limit: Int, trailer: HeadScanner.Limits
    ) throws(RequestError) -> Bool {
        switch self {
        case .length(let remaining):
            let count = min(remaining, input.count)
            body.append(contentsOf: input.prefix(count))
            input.consume(count)
            self = .length(remaining: remaining - count)
            return count == remaining
        case .chunked(var decoder):
            // Keeps one owner of the scanner's lines.
            self = .length(remaining: 0)
            defer { self = .chunked(decoder) }
            return try decoder.decode(&input, into: &body, limit: limit, trailer: trailer)
        }
    }
}
