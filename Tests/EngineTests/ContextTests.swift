import Engine
import Testing

/// `struct vale_bpf_md` and `struct xdp_md` as programs see them.
struct ContextTests {
    @Test func valeFields() throws {
        let outcome = try Machine().run(
            """
            ldxdw r2, [r1+0]
            ldxdw r3, [r1+8]
            sub r3, r2
            ldxw r4, [r1+16]
            ldxb r5, [r1+20]
            mov r0, r3
            lsh r0, 16
            or r0, r4
            lsh r0, 8
            or r0, r5
            exit
            """, packet: [UInt8](repeating: 0, count: 60), port: 0xFD, ring: 3)
        #expect(outcome.value == 60 << 24 | 0xFD << 8 | 3)
    }

    @Test func valeRingAloneIsWritable() throws {
        #expect(try Machine().run("stb [r1+20], 5\nmov r0, 0\nexit", ring: 1).ring == 5)
        #expect(try Machine().run("mov r0, 0\nexit", ring: 1).ring == 1)
        for access in [
            "stdw [r1+0], 0", "stdw [r1+8], 0", "stw [r1+16], 0", "sth [r1+20], 0", "stb [r1+19], 0", "stb [r1+21], 0",
        ] {
            #expect(try Machine().run("\(access)\nmov r0, 0\nexit").fault == .badAccess, "\(access)")
        }
    }

    @Test func xdpFields() throws {
        let outcome = try Machine().run(
            """
            ldxw r2, [r1+0]
            ldxw r3, [r1+4]
            ldxw r4, [r1+8]
            jne r2, r4, bad
            mov r0, r3
            sub r0, r2
            ldxb r5, [r2+59]
            add r0, r5
            lsh r0, 16
            ldxw r5, [r1+12]
            or r0, r5
            lsh r0, 16
            ldxw r5, [r1+16]
            or r0, r5
            exit
            bad:
            mov r0, 0
            exit
            """, type: .xdp, packet: [UInt8](repeating: 7, count: 60), ring: 2, ifindex: 0x1234)
        #expect(outcome.result == RunResult(value: 67 << 32 | 0x1234 << 16 | 2))
    }

    @Test(arguments: [
        "ldxb r0, [r1+0]", "ldxh r0, [r1+4]", "ldxdw r0, [r1+0]", "ldxw r0, [r1+2]", "ldxw r0, [r1+24]",
        "stw [r1+12], 1", "stw [r1+0], 1", "ldxdw r0, [r1+20]",
    ])
    func xdpMisuse(access: String) throws {
        #expect(try Machine().run("\(access)\nmov r0, 0\nexit", type: .xdp, packet: [1]).fault == .badAccess)
    }

    @Test func rawMemory() throws {
        let outcome = try Machine().run("ldxb r0, [r1+2]\nadd r0, r2\nexit", type: .memory, packet: [1, 2, 3])
        #expect(outcome.value == 6)
        #expect(try Machine().run("mov r0, r1\nsub r0, r1\nor r0, r2\nexit", type: .memory).fault == .none)
        #expect(try Machine().run("ldxb r0, [r1+3]\nexit", type: .memory, packet: [1, 2, 3]).fault == .badAccess)
    }

    @Test func registersStartEmpty() throws {
        let machine = Machine()
        let program = try machine.program("add r0, r3\nadd r0, r6\nadd r0, r9\nmov r6, 5\nmov r9, 5\nmov r3, 5\nexit")
        var results = [RunResult](repeating: RunResult(value: 99), count: 3)
        var byte: UInt8 = 0
        withUnsafeMutableBytes(of: &byte) { buffer in
            var contexts = [FrameContext](repeating: FrameContext(data: buffer.baseAddress!, length: 1), count: 3)
            program.executable.run(&contexts, count: 3, results: &results, slot: 0)
        }
        #expect(results == [RunResult(), RunResult(), RunResult()])
        #expect(program.statistics.runs == 3)
    }
}
