import Testing

@testable import Engine

/// Texts as Linux 6.18 makes them, but for `%p`, which shows the number itself here.
struct TextFormatTests {
    static let (text, ipv4, ipv6): (UInt64, UInt64, UInt64) = (1, 2, 3)

    static func render(_ format: String, _ arguments: [UInt64]) -> String? {
        let output = TextFormat(
            argument: { $0 < arguments.count ? arguments[$0] : nil },
            string: { address, _ in address == text ? Array("hello".utf8) : nil },
            memory: { address, count in
                if address == ipv4, count == 4 { return [127, 0, 0, 1] }
                return address == ipv6 && count == 16
                    ? [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1] : nil
            }
        ).render(Array(format.utf8))
        return output.map { String(decoding: $0, as: UTF8.self) }
    }

    private static let minus1 = UInt64.max
    private static let minus12 = UInt64(bitPattern: -12)

    @Test(arguments: [
        ("abc", 0, "abc"), ("100%%", 0, "100%"), ("%d", UInt64(bitPattern: -5), "-5"), ("%i", minus1, "-1"),
        ("%u", minus1, "4294967295"), ("%x", minus1, "ffffffff"), ("%X", 255, "FF"), ("%lld", minus1, "-1"),
        ("%llx", minus1, "ffffffffffffffff"), ("%ld", UInt64(bitPattern: -3), "-3"),
        ("%lu", UInt64(bitPattern: -3), "18446744073709551613"), ("%lX", minus1, "FFFFFFFFFFFFFFFF"),
        ("%li", minus1, "-1"), ("%x", 0xABCD_0000_1234, "1234"), ("%lx", 0xABCD_0000_1234, "abcd00001234"),
        ("%5d|", 42, "   42|"), ("%-5d|", 42, "42   |"), ("%05d", 42, "00042"), ("%08x", 0xABC, "00000abc"),
        ("%-08d|", minus12, "-12     |"), ("%08d|", minus12, "-0000012|"), ("%+d", 5, "+5"), ("% d|", 5, " 5|"),
        ("%-+5d|", 5, "+5   |"), ("%0+d", 3, "+3"), ("%0 d", 3, " 3"), ("%20llx|", 1, "                   1|"),
        ("%020llx|", minus1, "0000ffffffffffffffff|"), ("%c", 65, "A"), ("%5c|", 65, "    A|"),
        ("%05c|", 65, "    A|"), ("%s", text, "hello"), ("%5s|", text, "hello|"), ("%-7s|", text, "hello  |"),
        ("%05s|", text, "hello|"), ("%8s|", text, "   hello|"), ("%s", 0, ""), ("%s", 12, ""), ("%pks", text, "hello"),
        ("%pus", text, "hello"), ("%p", 16, "0000000000000010"), ("%pK", 16, "0000000000000010"),
        ("%px", 0x1234_ABCD, "000000001234abcd"), ("%p", 0, "0000000000000000"), ("%20p|", 16, "                  10|"),
        ("%-20p|", 16, "10                  |"), ("%pB", 16, "0x10"), ("%ps", 16, "0x10"), ("%pS", 16, "0x10"),
        ("%pi4", ipv4, "127.000.000.001"), ("%pI4", ipv4, "127.0.0.1"), ("%pI4", 0, "0.0.0.0"),
        ("%20pI4|", ipv4, "127.0.0.1|"), ("%pI4x", ipv4, "127.0.0.1"),
        ("%pI6", ipv6, "2001:0db8:0000:0000:0000:0000:0000:0001"), ("%pi6", ipv6, "20010db8000000000000000000000001"),
        ("%u%%", 99, "99%"), ("%d\n", 7, "7\n"),
    ])
    func conversions(format: String, value: UInt64, expected: String) {
        #expect(Self.render(format, [value]) == expected)
    }

    @Test(arguments: [
        "%", "%5", "%l", "%#x", "%hd", "%o", "%zu", "%.3d", "%llc", "%llld", "%n", "%q", "%pI", "%pi", "%pI5", "%pu",
        "%pa", "%d %d", "\u{1}",
    ])
    func refused(format: String) {
        #expect(Self.render(format, [1]) == nil)
    }

    @Test func severalArguments() {
        #expect(Self.render("%d %u %x|%c%c", [UInt64(bitPattern: -5), 7, 255, 65, 66]) == "-5 7 ff|AB")
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
