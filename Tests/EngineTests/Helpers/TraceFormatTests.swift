import Testing

@testable import Engine

struct TraceFormatTests {
    static func render(_ format: String, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0) -> String? {
        let bytes = Array(format.utf8) + [0]
        return bytes.withUnsafeBytes { buffer in
            TraceFormat.render(buffer, arguments: (a, b, c)) { address, _ in
                address == 1 ? Array("text".utf8) : nil
            }
        }
    }

    @Test(arguments: [
        ("plain", 0, "plain"), ("%d", UInt64.max, "-1"), ("%u", UInt64.max, "4294967295"),
        ("%llu", UInt64.max, "18446744073709551615"), ("%lld", UInt64.max, "-1"), ("%x", 0xABCD_0000_1234, "1234"),
        ("%lx", 0xABCD_0000_1234, "abcd00001234"), ("%#x", 255, "0xff"), ("%08x", 255, "000000ff"),
        ("%4d|", 7, "   7|"),
        ("%-4d|", 7, "7   |"), ("%05d", UInt64(bitPattern: -42), "-0042"), ("%c", 65, "A"), ("%s!", 1, "text!"),
        ("%6s", 1, "  text"), ("%p", 16, "0000000000000010"), ("100%%", 0, "100%"),
    ])
    func conversions(format: String, value: UInt64, expected: String) {
        #expect(Self.render(format, value) == expected)
    }

    @Test(arguments: ["%", "%q", "%llld", "%n", "%d%d%d%d", "%s", "%9999d"])
    func refused(format: String) {
        #expect(Self.render(format) == nil)
    }

    @Test func formatWithoutAnEndIsRefused() {
        let bytes: [UInt8] = Array("abc".utf8)
        let text = bytes.withUnsafeBytes { TraceFormat.render($0, arguments: (0, 0, 0)) { _, _ in nil } }
        #expect(text == nil)
    }

    @Test func theLogIsBoundedAndCountsWhatItLost() {
        let log = TraceLog(capacity: 8)
        for index in 1...20 { log.append("line \(index)", slot: 0) }
        let lines = log.lines()
        #expect(lines.count <= 8)
        #expect(lines.last?.text == "line 20")
        #expect(lines.last?.sequence == 20)
        #expect(log.lines(after: 19).map(\.text) == ["line 20"])
    }
}
