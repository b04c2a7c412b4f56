/// A reply whose body is a stream, as its bytes come.
struct StreamReader {
    private var received: ArraySlice<UInt8> = []
    private var chunks: ChunkReader?

    var isAtEnd: Bool { chunks?.isAtEnd == true }

    /// What there is so far of a reply that is no success.
    private(set) var refusal: [UInt8]?

    mutating func add(_ bytes: [UInt8]) throws(Failure) {
        if refusal != nil {
            refusal? += bytes
            return
        }
        received += bytes
        guard chunks == nil else { return }
        var rest = received
        guard let head = try ReplyHead(taking: &rest) else { return }
        guard head.status == 200 else {
            refusal = Array(received)
            return
        }
        guard head.isChunked else { throw .failed("what answers is no stream") }
        received = rest
        chunks = ChunkReader()
    }

    /// The next part of the body; nil where more bytes are needed first, and at the end.
    mutating func next() throws(Failure) -> ArraySlice<UInt8>? { try chunks?.next(from: &received) }
}
