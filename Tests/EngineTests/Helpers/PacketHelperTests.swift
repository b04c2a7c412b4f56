import Testing

@testable import Engine

/// Helpers that move a packet's ends. `Machine` gives 256 bytes of headroom and 256 of tailroom.
struct PacketHelperTests {
    static let packet = (0..<64).map { UInt8($0) }

    /// Calls a helper with the context and a number; r0 is its result.
    private func call(_ number: Int, _ delta: Int, then: String = "exit") throws -> Machine.Outcome {
        try Machine().run("mov r6, r1\nmov r2, \(delta)\ncall \(number)\n\(then)", type: .xdp, packet: Self.packet)
    }

    @Test(arguments: [
        (8, 0, 56), (50, 0, 14), (51, -22, 64), (-1, 0, 65), (-216, 0, 280), (-217, -22, 64), (0, 0, 64),
    ])
    func adjustHead(delta: Int, result: Int64, length: Int) throws {
        let outcome = try call(44, delta)
        #expect(Int64(bitPattern: outcome.value) == result)
        #expect(outcome.packet.count == length)
        #expect(outcome.packet.suffix(14) == Self.packet.suffix(14))
    }

    @Test(arguments: [(-8, 0, 56), (-50, 0, 14), (-51, -22, 64), (1, 0, 65), (256, 0, 320), (257, -22, 64)])
    func adjustTail(delta: Int, result: Int64, length: Int) throws {
        let outcome = try call(65, delta)
        #expect(Int64(bitPattern: outcome.value) == result)
        #expect(outcome.packet == Array((Self.packet + [UInt8](repeating: 0, count: 256)).prefix(length)))
    }

    @Test(arguments: [(-4, 0, 4), (-32, 0, 32), (-252, -22, 0), (-3, -13, 0), (4, -22, 0)])
    func adjustMeta(delta: Int, result: Int64, count: Int) throws {
        let outcome = try call(54, delta)
        #expect(Int64(bitPattern: outcome.value) == result)
        #expect(outcome.metadata.count == count)
        #expect(outcome.packet == Self.packet)
    }

    /// What the program loads from its context afterwards are the new ends, and it may write there.
    @Test func theContextFollows() throws {
        let outcome = try call(
            44, -4,
            then: """
                ldxw r2, [r6+0]
                ldxw r3, [r6+4]
                stw [r2+0], 0x44332211
                mov r0, r3
                sub r0, r2
                exit
                """)
        #expect(outcome.value == 68)
        #expect(outcome.packet == [0x11, 0x22, 0x33, 0x44] + Self.packet)
    }

    @Test func metadataMovesWithTheHead() throws {
        let outcome = try call(
            54, -4,
            then: """
                mov r1, r6
                ldxw r2, [r6+8]
                stw [r2+0], 0x04030201
                mov r2, 10
                call 44
                ldxw r0, [r6+8]
                ldxw r0, [r0+0]
                exit
                """)
        #expect(outcome.value == 0x0403_0201)
        #expect(outcome.metadata == [1, 2, 3, 4])
        #expect(outcome.packet == Array(Self.packet.dropFirst(10)))
    }

    @Test func redirectNamesAnInterface() throws {
        let outcome = try Machine().run(
            "mov r1, 7\nmov r2, 0\ncall 23\nexit", type: .xdp, packet: Self.packet)
        #expect(outcome.value == 4)
        #expect(outcome.redirect == Redirect(kind: .interface, target: 7))
        let flagged = try Machine().run("mov r1, 7\nmov r2, 1\ncall 23\nexit", type: .xdp, packet: Self.packet)
        #expect(flagged.value == 0)
        #expect(flagged.redirect.kind == .none)
    }

    /// A helper that takes a context gets no other number from a program that nobody has verified.
    @Test(arguments: [44, 54, 65])
    func noContextIsAFault(number: Int) throws {
        #expect(
            try Machine().run("mov r1, 8\nmov r2, 0\ncall \(number)\nexit", type: .xdp, packet: Self.packet).fault
                == .badAccess)
        #expect(
            try Machine().run("mov r2, 0\ncall \(number)\nexit", type: .memory, packet: Self.packet).fault
                == .badAccess)
    }
}
