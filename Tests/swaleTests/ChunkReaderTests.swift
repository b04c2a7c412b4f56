import Testing

@testable import swale

struct ChunkReaderTests {
    private static let coded = Array("5\r\nhello\r\n1;part=2\r\n \r\n0c\r\nwide\r\n world\r\n0\r\n\r\n".utf8)

    @Test(arguments: 1...ChunkReaderTests.coded.count)
    func bodyIsTheSameHoweverItComes(step: Int) throws {
        var reader = ChunkReader()
        var body: [UInt8] = []
        var goesOn = true
        var rest = Self.coded[...]
        while goesOn && !rest.isEmpty {
            goesOn = try reader.add(rest.prefix(step)) { bytes throws(Failure) in
                body += bytes
                return true
            }
            rest = rest.dropFirst(step)
        }
        #expect(String(decoding: body, as: UTF8.self) == "hello wide\r\n world")
        #expect(!goesOn)
    }

    @Test func aReaderMayHaveEnough() throws {
        var reader = ChunkReader()
        #expect(try !reader.add(Self.coded[...]) { _ throws(Failure) in false })
    }

    @Test func aSizeWithoutEndIsRefused() {
        var reader = ChunkReader()
        #expect(throws: Failure.self) {
            try reader.add(Array("ffffffffffffffffffff\r\n".utf8)[...]) { _ throws(Failure) in true }
        }
    }
}
