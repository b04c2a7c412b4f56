import Testing

@testable import Engine

struct CookieHelperTests {
    /// Addresses and lengths of the IP header, and what calls generate and check.
    static let families = [(bytes: 20, generate: 204, check: 206), (bytes: 40, generate: 205, check: 207)]

    private static func tcp(_ options: [UInt8], sequence: UInt32 = 1000, acknowledgement: UInt32 = 0) -> [UInt8] {
        func word(_ value: UInt32) -> [UInt8] {
            (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        return [0x12, 0x34, 0, 80] + word(sequence) + word(acknowledgement)
            + [UInt8((20 + options.count) / 4) << 4, 2, 0xFF, 0xFF, 0, 0, 0, 0] + options
    }

    private static func ip(_ bytes: Int) -> [UInt8] { (0..<bytes).map { UInt8($0) } }

    private static func generate(_ family: (bytes: Int, generate: Int, check: Int), _ length: Int, high: Bool) -> String
    {
        """
        ldxw r6, [r1+0]
        ldxw r3, [r1+4]
        mov r0, 0
        mov r1, r6
        mov r2, r6
        add r2, \(family.bytes)
        mov r4, r2
        add r4, \(length)
        jgt r4, r3, out
        mov r3, \(length)
        call \(family.generate)
        \(high ? "rsh r0, 32" : "")
        out:
        exit
        """
    }

    /// Options, length of the header in the call, and the MSS for IPv4 and IPv6 as Linux answers.
    @Test(arguments: [
        ([2, 4, 0x05, 0xB4], 24, [1460, 1440]), ([], 20, [536, 1220]), ([2, 4, 0x02, 0x18], 24, [536, 1220]),
        ([1, 1, 1, 0], 24, [536, 1220]), ([2, 4, 0x23, 0x00], 24, [1460, 8940]),
        ([2, 4, 0x05, 0xA8], 24, [1440, 1440]),
        ([3, 3, 7, 2, 4, 0x05, 0x14, 0], 28, [1300, 1220]), ([2, 4, 0, 0], 24, [536, 1220]),
        ([8, 40, 0, 0, 2, 4, 0x05, 0xB4], 28, [536, 1220]), ([2, 4, 0x05, 0xB4], 20, [0xFFFF_FFFF, 0xFFFF_FFFF]),
    ])
    func maximumSegments(options: [UInt8], length: Int, expected: [UInt64]) throws {
        for (family, mss) in zip(Self.families, expected) {
            let packet = Self.ip(family.bytes) + Self.tcp(options)
            let outcome = try LinuxRun().run(Self.generate(family, length, high: true), packet: packet)
            #expect(outcome.value == mss)
        }
    }

    @Test func cookiesAreGoodForTheirConnection() throws {
        for family in Self.families {
            let packet = Self.ip(family.bytes) + Self.tcp([2, 4, 0x05, 0xB4])
            let cookie = UInt32(
                truncatingIfNeeded: try Machine().run(
                    Self.generate(family, 24, high: false), type: .xdp, packet: packet
                ).value)
            func check(_ ip: [UInt8], _ tcp: [UInt8]) throws -> Int64 {
                let source =
                    "ldxw r1, [r1+0]\nmov r2, r1\nadd r2, \(family.bytes)\ncall \(family.check)\nexit"
                return Int64(bitPattern: try Machine().run(source, type: .xdp, packet: ip + tcp).value)
            }
            let ip = Self.ip(family.bytes)
            let good = Self.tcp([], sequence: 1001, acknowledgement: cookie &+ 1)
            #expect(try check(ip, good) == 0)
            var other = ip
            other[15] ^= 1
            #expect(try check(other, good) == -13)
            #expect(try check(ip, Self.tcp([], sequence: 5000, acknowledgement: cookie &+ 1)) == -13)
            #expect(try check(ip, Self.tcp([], sequence: 1001, acknowledgement: cookie &+ 0x1000)) == -13)
            #expect(try check(ip, Self.tcp([], sequence: 1001, acknowledgement: cookie &- 0x200_0000)) == -13)
        }
    }
}
