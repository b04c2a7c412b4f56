import Testing

@testable import Engine

/// Results as Linux 6.18 gives them.
struct TextHelperTests {
    /// Text, base, whether it is signed; result and number.
    @Test(arguments: [
        ("  -0x1fz\0", 0, true, 7, -31), ("12\0", 10, true, 2, 12), ("\0", 10, true, -22, 0), ("-\0", 0, true, -22, 0),
        ("+5\0", 0, true, -22, 0), ("0x\0", 0, true, 1, 0), ("0x\0", 16, true, -22, 0), ("077\0", 0, true, 3, 63),
        ("078\0", 0, true, 2, 7), ("99999999999999999999\0", 10, true, -34, 0),
        ("9223372036854775808\0", 10, true, -34, 0), ("-9223372036854775808\0", 10, true, 20, Int64.min),
        ("-9223372036854775809\0", 10, true, -34, 0), ("zz\0", 16, true, -22, 0), ("12\0", 7, true, -22, 0),
        ("\t\n 42 \0", 0, true, 5, 42), ("- 7\0", 0, true, -22, 0), ("1234", 10, true, 4, 1234),
        ("   ", 10, true, -22, 0),
        ("12", 11, true, -22, 0), ("-1\0", 0, false, -22, 0), ("18446744073709551615\0", 0, false, 20, -1),
        ("18446744073709551616\0", 0, false, -34, 0), ("0xABCdef\0", 0, false, 8, 0xABCDEF),
        ("0b11\0", 2, false, -22, 0), (" 7\0", 8, false, 2, 7), ("0\0", 0, false, 1, 0), ("0x1\0", 8, false, 1, 0),
        ("0X1F\0", 0, false, 4, 31), ("0X1F\0", 16, false, 4, 31), ("0y\0", 0, false, 1, 0),
        (String(repeating: "0", count: 99) + "7", 10, true, 63, 0),
        (String(repeating: " ", count: 70) + String(repeating: "0", count: 29) + "7", 10, true, 100, 7),
        ("-" + String(repeating: "0", count: 99), 10, true, 64, 0),
    ])
    func numbers(text: String, base: Int, isSigned: Bool, result: Int64, value: Int64) throws {
        let bytes = Array(text.utf8)
        let outcome = try Machine().run(
            """
            ldxw r6, [r1+0]
            mov r1, r6
            add r1, 8
            mov r2, \(bytes.count)
            mov r3, \(base)
            mov r4, r6
            call \(isSigned ? 105 : 106)
            exit
            """, type: .xdp, packet: [UInt8](repeating: 0x77, count: 8) + bytes)
        #expect(Int64(bitPattern: outcome.value) == result)
        let number = (0..<8).reduce(0) { $0 | UInt64(outcome.packet[$1]) << UInt64(8 * $1) }
        #expect(Int64(bitPattern: number) == value)
    }

    @Test(arguments: [
        ("abc\0", 3, "abc\0", 0), ("abc\0", 4, "abc\0", 0), ("abc\0\0\0", 6, "abd\0", -1), ("abc\0\0\0", 6, "abb\0", 1),
        ("abcd\u{1}", 5, "abc\0", 1), ("abcd", 2, "abc\0", 0), ("\u{7F}b", 2, "abc\0", 1),
        ("abc\0\0\0\0\0", 8, "abcdefghijklmnop\0", -1),
    ])
    func compare(first: String, count: Int, second: String, result: Int64) throws {
        let bytes = Array(first.utf8)
        let outcome = try Machine().run(
            """
            ldxw r1, [r1+0]
            mov r3, r1
            add r3, \(bytes.count)
            mov r2, \(count)
            call 182
            exit
            """, type: .xdp, packet: bytes + Array(second.utf8))
        #expect(Int64(bitPattern: outcome.value) == result)
    }

    /// Room, bytes of arguments, result and text.
    @Test(arguments: [
        (16, 16, 10, "-7 of 42!\0"), (4, 16, 10, "-7 \0"), (1, 16, 10, "\0"), (0, 16, 10, ""), (16, 8, -22, ""),
        (16, 9, -22, ""),
    ])
    func snprintf(room: Int, data: Int, result: Int64, text: String) throws {
        let format = Array("%d of %u!\0".utf8)
        let outcome = try Machine().run(
            """
            ldxw r6, [r1+0]
            mov r1, r6
            mov r2, \(room)
            mov r3, r6
            add r3, 16
            stdw [r10-16], -7
            stdw [r10-8], 42
            mov r4, r10
            add r4, -16
            mov r5, \(data)
            call 165
            exit
            """, type: .xdp, packet: [UInt8](repeating: 0xEE, count: 16) + format)
        #expect(Int64(bitPattern: outcome.value) == result)
        let written = Array(text.utf8)
        #expect(outcome.packet == written + [UInt8](repeating: 0xEE, count: 16 - written.count) + format)
    }

    @Test func vprintkWritesALine() throws {
        let machine = Machine()
        // "%d %d %d" and " %d %d", of which there are five arguments.
        let outcome = try machine.run(
            """
            lddw r2, 0x6425206425206425
            stxdw [r10-56], r2
            lddw r2, 0x0000642520642520
            stxdw [r10-48], r2
            stdw [r10-40], 1
            stdw [r10-32], 2
            stdw [r10-24], 3
            stdw [r10-16], 4
            stdw [r10-8], 5
            mov r1, r10
            add r1, -56
            mov r2, 16
            mov r3, r10
            add r3, -40
            mov r4, 40
            call 177
            exit
            """)
        #expect(outcome.value == 9)
        #expect(machine.trace.lines().map(\.text) == ["1 2 3 4 5"])
    }
}
