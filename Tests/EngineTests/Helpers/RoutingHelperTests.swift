import Maps
import Testing

@testable import Engine

struct RoutingHelperTests {
    /// The packet is the flags, in 16 bytes, and the parameters; it is the result and the answer afterwards.
    static let lookup =
        """
        mov r6, r1
        ldxw r7, [r1+0]
        ldxw r2, [r1+4]
        mov r0, 0
        mov r3, r7
        add r3, 80
        jgt r3, r2, out
        ldxw r4, [r7+0]
        mov r2, r7
        add r2, 16
        mov r3, 64
        call 69
        stxdw [r7+0], r0
        out:
        exit
        """

    /// Values in the order in which `struct bpf_fib_lookup` holds them; addresses in 16 bytes each.
    private func parameters(_ fields: [Substring]) -> [UInt8] {
        func little(_ value: Substring, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: UInt32(value)! >> (8 * $0)) }
        }
        func address(_ text: Substring) -> [UInt8] {
            let bytes = FIBAnswers.ip(text).bytes
            return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
        }
        let family: UInt8 = fields[0].contains(":") ? 10 : 2
        let mark =
            fields[5] == "0"
            ? [UInt8](repeating: 0xEE, count: 12) : little(fields[5], 4) + [UInt8](repeating: 0, count: 8)
        return little(fields[1], 4) + [UInt8](repeating: 0, count: 12) + [family, 0, 0, 0, 0, 0] + little(fields[3], 2)
            + little(fields[2], 4) + little("0", 4) + address(fields[6]) + address(fields[0]) + little(fields[4], 4)
            + mark
    }

    @Test(arguments: FIBAnswers.rows)
    func answersAsLinux(row: String) throws {
        var machine = Machine()
        machine.fib = FIBTable(FIBAnswers.contents, domain: machine.domain)
        let halves = row.split(separator: "=")
        let asked = halves[0].split(separator: " ")
        let wanted = halves[1].split(separator: " ")
        var packet = parameters(asked)
        // What is neither IPv4 nor IPv6.
        if wanted[1] == "7" { packet[16] = 7 }
        let outcome = try machine.run(Self.lookup, type: .xdp, packet: packet)
        #expect(outcome.fault == .none)
        func u32(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(outcome.packet[offset + $1]) << UInt32(8 * $1) }
        }
        #expect(Int64(bitPattern: outcome.value) == Int64(wanted[0])!)
        #expect(outcome.packet[16] == UInt8(wanted[1])!)
        #expect(u32(22) & 0xFFFF == UInt32(wanted[2])!)
        #expect(u32(24) == UInt32(wanted[3])!)
        #expect(u32(28) == UInt32(wanted[4])!)
        for (offset, text) in [(32, wanted[5]), (48, wanted[6])] {
            let address = FIBAnswers.ip(text).bytes
            #expect(Array(outcome.packet[offset..<offset + address.count]) == address)
        }
        let mac = outcome.packet[74..<80].map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(mac == (wanted[7] == "-" ? (asked[5] == "0" ? "eeeeeeeeeeee" : "000000000000") : String(wanted[7])))
    }

    @Test func withoutATableThereIsNoDevice() throws {
        let outcome = try Machine().run(
            Self.lookup, type: .xdp, packet: parameters(FIBAnswers.rows[0].split(separator: " ")))
        #expect(Int64(bitPattern: outcome.value) == -19)
    }

    /// Interface, length given, difference and flags; result and MTU, as Linux 6.18 answers for an MTU of 65536 and a
    /// packet of 64 bytes.
    @Test(
        arguments: [
            (0, 0, 0, 0, 0, 65536), (1, 0, 0, 0, 0, 65536), (99, 0, 0, 0, -19, 0), (1, 70000, 0, 0, 1, 65536),
            (1, 65536, 0, 0, 0, 65536), (1, 65537, 0, 0, 1, 65536), (1, 65536, 1, 0, 1, 65536),
            (1, 0, 70000, 0, 1, 65536),
            (1, 0, -1000, 0, 0, 65536), (1, 0, 0, 1, -22, 0), (1, 0, 0, 2, -22, 0),
        ] as [(Int, Int, Int, Int, Int64, UInt32)])
    func checkMTU(ifindex: Int, given: Int, difference: Int, flags: Int, result: Int64, mtu: UInt32) throws {
        var machine = Machine()
        machine.fib = FIBTable(FIBAnswers.contents, domain: machine.domain)
        let outcome = try machine.run(
            """
            ldxw r6, [r1+0]
            mov r2, \(ifindex)
            stw [r10-4], \(given)
            mov r3, r10
            add r3, -4
            mov r4, \(difference)
            mov r5, \(flags)
            call 163
            ldxw r1, [r10-4]
            stxw [r6+0], r1
            exit
            """, type: .xdp, packet: [UInt8](repeating: 0, count: 64), ifindex: 1)
        #expect(Int64(bitPattern: outcome.value) == result)
        #expect((0..<4).reduce(0) { $0 | UInt32(outcome.packet[$1]) << UInt32(8 * $1) } == mtu)
    }

    /// Against a search of all routes, whose prefixes lie in each other, side by side and at both ends.
    @Test func longestPrefixIsFound() throws {
        var generator = SystemRandomNumberGenerator()
        let routes = (0..<400).map { number in
            let length = Int.random(in: 0...32, using: &generator)
            let edge: UInt32 = Bool.random() ? 0 : .max
            let prefix = Bool.random() ? edge : UInt32.random(in: 0...0xFF, using: &generator) << 24 | edge & 0xFF_FFFF
            return FIBRoute(
                FIBAddress(.ipv4, UInt128(prefix)), length: length, metric: UInt32(number), ifindex: UInt32(number % 3))
        }
        let index = RouteIndex(routes, family: .ipv4)
        for _ in 0..<4000 {
            let near = routes.randomElement()!.prefix.value
            let address = UInt128(UInt32(truncatingIfNeeded: near &+ UInt128(UInt32.random(in: 0...3)) &- 1))
            let egress = UInt32.random(in: 0...3)
            let wanted = routes.filter { route in
                let shift = UInt128(32 - route.length)
                return route.prefix.value >> shift == address >> shift && route.ifindex == egress
            }.max { ($0.length, $1.metric) < ($1.length, $0.metric) }
            #expect(index.route(address) { $0.ifindex == egress } == wanted)
        }
    }
}
