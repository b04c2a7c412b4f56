import Engine
import Maps
import Testing

/// Accesses inside and outside of what a program may touch.
struct MemoryTests {
    static let packet: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]

    @Test(arguments: [
        ("ldxb r0, [r2+0]", 1), ("ldxb r0, [r2+15]", 16), ("ldxh r0, [r2+14]", 0x100F),
        ("ldxw r0, [r2+12]", 0x100F_0E0D),
        ("ldxdw r0, [r2+8]", 0x100F_0E0D_0C0B_0A09), ("ldxw r0, [r2+1]", 0x0504_0302),
        ("mov r3, r2\nadd r3, 16\nldxb r0, [r3-1]", 16),
    ])
    func packetReads(load: String, expected: UInt64) throws {
        let outcome = try Machine().run("ldxdw r2, [r1+0]\n\(load)\nexit", packet: Self.packet)
        #expect(outcome.result == RunResult(value: expected))
    }

    @Test(arguments: [
        "ldxb r0, [r2+16]", "ldxb r0, [r2-1]", "ldxh r0, [r2+15]", "ldxw r0, [r2+13]", "ldxdw r0, [r2+9]",
        "ldxdw r0, [r2-1]", "stb [r2+16], 1", "stdw [r2+9], 1", "stxb [r2-1], r1", "ldxsb r0, [r2+16]",
        "lock add [r2+16], r1", "lock add [r2+4], r1", "lock32 add [r2+2], r1",
    ])
    func packetOutside(access: String) throws {
        // 8-byte alignment of the packet itself is not promised; offsets +2 and +4 are misaligned for one or the other.
        let aligned = access.contains("[r2+4]") || access.contains("[r2+2]")
        let source = "ldxdw r2, [r1+0]\n" + (aligned ? "and r2, -8\nadd r2, 8\n" : "") + "\(access)\nmov r0, 0\nexit"
        let outcome = try Machine().run(source, packet: Self.packet)
        #expect(outcome.fault == .badAccess)
    }

    @Test(arguments: [
        "mov r2, 0\nldxb r0, [r2+0]", "mov r2, 0\nldxdw r0, [r2-1]", "mov r2, -1\nldxdw r0, [r2+0]",
        "mov r2, -8\nldxdw r0, [r2+8]", "lddw r2, 0x8000000000000000\nldxb r0, [r2+0]",
        "lddw r2, 0xffffffffffffffff\nldxdw r0, [r2-4]", "ldxb r0, [r10+0]", "ldxb r0, [r10-513]",
        "ldxdw r0, [r10-4]", "stdw [r10-516], 1", "mov r2, 4096\nstxb [r2+0], r2", "ldxw r0, [r1+24]",
        "ldxdw r0, [r1+20]", "ldxb r0, [r1-1]",
    ])
    func wildPointers(access: String) throws {
        #expect(try Machine().run("\(access)\nmov r0, 0\nexit", packet: Self.packet).fault == .badAccess)
    }

    @Test func emptyPacketHasNoBytes() throws {
        #expect(try Machine().run("ldxdw r2, [r1+0]\nldxb r0, [r2+0]\nexit").fault == .badAccess)
        #expect(try Machine().run("ldxdw r2, [r1+0]\nldxdw r3, [r1+8]\nmov r0, r3\nsub r0, r2\nexit").value == 0)
    }

    @Test func storesReachThePacket() throws {
        let outcome = try Machine().run(
            """
            ldxdw r2, [r1+0]
            stb [r2+0], 0x11
            sth [r2+2], 0x2222
            stw [r2+4], 0x33333333
            mov r3, -1
            stxdw [r2+8], r3
            mov r0, 254
            exit
            """, packet: Self.packet)
        #expect(outcome.value == 254)
        #expect(outcome.packet == [0x11, 2, 0x22, 0x22, 0x33, 0x33, 0x33, 0x33] + [UInt8](repeating: 0xFF, count: 8))
    }

    @Test func stackHolds512Bytes() throws {
        let outcome = try Machine().run("stdw [r10-512], 7\nldxdw r0, [r10-512]\nstb [r10-1], 1\nexit")
        #expect(outcome.result == RunResult(value: 7))
    }

    @Test func calleeSeesItsCallersStackAndHasItsOwn() throws {
        let outcome = try Machine().run(
            """
            stdw [r10-8], 5
            mov r1, r10
            add r1, -8
            call local sub
            ldxdw r1, [r10-8]
            add r0, r1
            exit
            sub:
            stdw [r10-8], 100
            ldxdw r2, [r1+0]
            add r2, 1
            stxdw [r1+0], r2
            ldxdw r0, [r10-8]
            exit
            """)
        #expect(outcome.result == RunResult(value: 106))
    }

    @Test func readOnlyAndWriteOnlyMapValues() throws {
        var machine = Machine()
        let readOnly = try machine.addMap(.array, flags: .readOnlyProgram)
        try readOnly.update([0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0])
        _ = try machine.addMap(.array, flags: .writeOnlyProgram)
        #expect(try machine.run("lddw r1, map_value 0+0\nldxdw r0, [r1+0]\nexit").value == 9)
        #expect(try machine.run("lddw r1, map_value 0+0\nstdw [r1+0], 1\nexit").fault == .badAccess)
        #expect(try machine.run("lddw r1, map_value 1+0\nldxdw r0, [r1+0]\nexit").fault == .badAccess)
        #expect(try machine.run("lddw r1, map_value 1+0\nstdw [r1+0], 1\nmov r0, 0\nexit").fault == .none)
    }

    /// A bucket is a header of a slot's size and seven slots: one of eight neighbours is not a value.
    @Test func whatAHashMapKeepsBetweenItsValuesIsNotToBeTouched() throws {
        var machine = Machine()
        let map = try machine.addMap(.hash, entries: 100)
        try map.update([1, 0, 0, 0], [7, 0, 0, 0, 0, 0, 0, 0])
        let lookup = "stw [r10-4], 1\nlddw r1, map 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\n"
        let faults = try (-8...8).map { step in
            try machine.run(lookup + "ldxdw r3, [r0\(step < 0 ? "-" : "+")\(abs(step) * 16)]\nout:\nmov r0, 0\nexit")
                .fault
        }
        #expect(faults.contains(.none))
        #expect(faults.prefix(8).contains(.badAccess) && faults.suffix(8).contains(.badAccess))
        #expect(faults[8] == .none)
    }

    @Test func aValueEndsWhereItEnds() throws {
        var machine = Machine()
        let map = try machine.addMap(.array, value: 12, entries: 3)
        let lookup = "stw [r10-4], 1\nlddw r1, map 0\nmov r2, r10\nadd r2, -4\ncall 1\njeq r0, 0, out\n"
        for (access, fine) in [
            ("stw [r0+8], 7", true), ("stw [r0+9], 7", false), ("stb [r0+12], 7", false), ("stb [r0-1], 7", false),
            ("stdw [r0+4], 7", true), ("stdw [r0+5], 7", false), ("ldxb r3, [r0+16]", true),
        ] {
            // +16 is the first byte of the next value: memory of the map, and the verifier's matter.
            let fault = try machine.run(lookup + access + "\nout:\nmov r0, 0\nexit").fault
            #expect(fault == (fine ? .none : .badAccess), "\(access)")
        }
        #expect(try map.lookup([1, 0, 0, 0]) == [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])
    }
}
