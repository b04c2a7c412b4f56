import Testing

@testable import swale

struct ChunkReaderTests {
    private static let coded = Array("5\r\nhello\r\n1;part=2\r\n \r\n0c\r\nwide\r\n world\r\n0\r\n\r\n".utf8)

    private static func body(_ coded: [UInt8], step: Int = .max) throws -> (text: String, isAtEnd: Bool) {
        var reader = ChunkReader()
        var body: [UInt8] = []
        var rest = coded[...]
        while !rest.isEmpty && !reader.isAtEnd {
            var piece = rest.prefix(step)
            rest = rest.dropFirst(step)
            while let part = try reader.next(from: &piece) { body += part }
            #expect(piece.isEmpty || reader.isAtEnd)
        }
        return (String(decoding: body, as: UTF8.self), reader.isAtEnd)
    }

    @Test(arguments: 1...ChunkReaderTests.coded.count)
    func bodyIsTheSameHoweverItComes(step: Int) throws {
        let (text, isAtEnd) = try Self.body(Self.coded, step: step)
        #expect(text == "hello wide\r\n world")
        #expect(isAtEnd)
    }

    @Test(arguments: 0..<(ChunkReaderTests.coded.count - 3))
    func whatIsCutOffIsNotAtItsEnd(count: Int) throws {
        #expect(try !Self.body(Array(Self.coded.prefix(count))).isAtEnd)
    }

    @Test(arguments: [
        "ffffffffffffffffffff\r\n", "\r\n", ";x\r\n", "zz\r\n", "-1\r\n", "1\n", "1\r\naXY", "1\r\na\rX", "1\r2",
    ])
    func whatIsMalformedIsRefused(text: String) {
        #expect(throws: Failure.self) { try Self.body(Array(text.utf8)) }
    }
}
