import Testing

@testable import Engine

/// Results as Linux 6.18 gives them.
struct PacketBytesTests {
    static let packet = (0..<64).map { UInt8($0) }

    /// 189: the packet's bytes to the stack; 190: 0xAA from the stack.
    private func copy(_ helper: Int, offset: Int, count: Int) throws -> Machine.Outcome {
        let fill = stride(from: -64, to: 0, by: 8).map { "stdw [r10\($0)], 0xAA" }.joined(separator: "\n")
        return try Machine().run(
            """
            \(fill)
            mov r2, \(offset)
            mov r3, r10
            add r3, -64
            mov r4, \(count)
            call \(helper)
            jne r0, 0, out
            ldxb r0, [r10-64]
            out:
            exit
            """, type: .xdp, packet: Self.packet)
    }

    @Test(arguments: [
        (0, 64, 0), (1, 64, -22), (63, 1, 63), (64, 1, -22), (5, 8, 5), (0xFFFF, 1, -22), (0x10000, 1, -14),
        (-1, 1, -14),
    ])
    func load(offset: Int, count: Int, result: Int64) throws {
        #expect(try Int64(bitPattern: copy(189, offset: offset, count: count).value) == result)
    }

    @Test(arguments: [(63, 1, 0xAA), (63, 2, -22), (0, 64, 0xAA), (-5, 1, -14)])
    func store(offset: Int, count: Int, result: Int64) throws {
        let outcome = try copy(190, offset: offset, count: count)
        #expect(Int64(bitPattern: outcome.value) == result)
        #expect(result < 0 ? outcome.packet == Self.packet : outcome.packet[offset] == 0xAA)
    }

    @Test func length() throws {
        #expect(try Machine().run("call 188\nexit", type: .xdp, packet: Self.packet).value == 64)
    }

    @Test func memoryIsCheckedWhereNobodyVerified() throws {
        for source in [
            "mov r2, 0\nmov r3, 0\nmov r4, 8\ncall 189\nexit", "mov r2, 0\nmov r3, r10\nmov r4, 8\ncall 189\nexit",
        ] {
            #expect(try Machine().run(source, type: .xdp, packet: Self.packet).fault == .badAccess)
        }
    }

    /// Sizes of what was and what is, seed and result; both lie in the packet's two halves.
    @Test(arguments: [
        (0, 4, 0, 1030), (0, 16, 0, 58862), (16, 0, 0, 6673), (16, 16, 0, 6664), (8, 16, 0x1234_5678, 25757),
        (3, 4, 0, 64762), (0, 0, 5, 5), (0, 0, 0xFFFF_FFFF, 65535), (4, 12, 0xABCD, 42957), (12, 4, 0xABCD, 50662),
    ])
    func checksum(from: Int, to: Int, seed: Int, result: UInt64) throws {
        let words: [UInt32] = [0x0102_0304, 0xFFFF_FFFF, 0xF0F0_F0F0, 7, 1, 2, 3, 0xFFFF_FFF0]
        let bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        // Sums of the first half alone are of what is.
        let start = from == 0 ? 0 : 16
        let outcome = try Machine().run(
            """
            ldxw r1, [r1+0]
            mov r3, r1
            add r3, \(start)
            mov r2, \(from)
            mov r4, \(to)
            lddw r5, \(seed)
            call 28
            exit
            """, type: .xdp, packet: bytes)
        #expect(outcome.value == result)
    }
}
