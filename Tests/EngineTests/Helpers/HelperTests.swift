import Glibc
import Maps
import Testing

@testable import Engine

struct HelperTests {
    static let key = "stw [r10-4], 1\nmov r2, r10\nadd r2, -4\nlddw r1, map 0\n"

    /// Three places know a helper: its number, the number that the interpreter looks for, and what the engine does.
    @Test(arguments: Helper.allCases)
    func everyHelperIsFoundByItsNumber(helper: Helper) {
        #expect(Helper(number: helper.rawValue) == helper)
        #expect(helper.entry?.helper == helper)
    }

    @Test func lookupUpdateDelete() throws {
        var machine = Machine()
        let map = try machine.addMap(.hash)
        let update = Self.key + "stdw [r10-16], 77\nmov r3, r10\nadd r3, -16\nmov r4, %\ncall 2\nexit"
        func updating(_ flags: Int) throws -> Int64 {
            Int64(bitPattern: try machine.run(update.replacing("%", with: "\(flags)")).value)
        }
        #expect(try machine.run(Self.key + "call 1\nexit").value == 0)
        #expect(try updating(2) == -2)
        #expect(try updating(1) == 0)
        #expect(try updating(1) == -17)
        #expect(try updating(9) == -22)
        #expect(try map.lookup([1, 0, 0, 0]) == [77, 0, 0, 0, 0, 0, 0, 0])
        #expect(try machine.run(Self.key + "call 1\njeq r0, 0, out\nldxdw r0, [r0+0]\nout: exit").value == 77)
        #expect(try Int64(bitPattern: machine.run(Self.key + "call 3\nexit").value) == 0)
        #expect(try Int64(bitPattern: machine.run(Self.key + "call 3\nexit").value) == -2)
        #expect(map.entryCount == 0)
    }

    @Test func perCPUMapsAnswerByWorker() throws {
        var machine = Machine()
        let map = try machine.addMap(.perCPUArray)
        let add =
            Self.key + "call 1\njeq r0, 0, out\nldxdw r1, [r0+0]\nadd r1, %\nstxdw [r0+0], r1\nout: mov r0, 0\nexit"
        _ = try machine.run(add.replacing("%", with: "3"), slot: 0)
        _ = try machine.run(add.replacing("%", with: "5"), slot: 1)
        #expect(try map.lookup([1, 0, 0, 0]) == [3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0])
        #expect(try machine.run("call 8\nexit", slot: 1).value == 1)
    }

    @Test func badArgumentsAreFaults() throws {
        var machine = Machine()
        _ = try machine.addMap(.hash, value: 64)
        for (source, fault) in [
            ("mov r1, 5\nmov r2, r10\nadd r2, -4\ncall 1\nexit", Fault.badCall),
            ("lddw r1, map 0\nadd r1, 1\nmov r2, r10\nadd r2, -4\ncall 1\nexit", .badCall),
            ("lddw r1, map 0\nmov r2, r10\nadd r2, -3\ncall 1\nexit", .badAccess),
            ("lddw r1, map 0\nmov r2, 0\ncall 3\nexit", .badAccess),
            (Self.key + "mov r3, r10\nadd r3, -56\nmov r4, 0\ncall 2\nexit", .badAccess),
            ("mov r1, 0\nmov r2, 8\ncall 6\nexit", .badAccess),
            ("mov r1, r10\nadd r1, -8\nmov r2, -1\ncall 6\nexit", .badAccess),
        ] {
            #expect(try machine.run(source).fault == fault, "\(source)")
        }
    }

    @Test func timeAdvancesAndRandomDiffers() throws {
        let machine = Machine()
        let time = try machine.program("call 5\nmov r6, r0\ncall 5\nsub r0, r6\nexit", type: .memory)
        let none = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        #expect(time.executable.run(memory: none, slot: 0).value < 1_000_000_000)
        let random = try machine.program("call 7\nexit", type: .memory)
        let drawn = Set((0..<100).map { _ in random.executable.run(memory: none, slot: 0).value })
        #expect(drawn.count > 90)
        #expect(drawn.allSatisfy { $0 <= UInt64(UInt32.max) })
    }

    /// Clocks and the distance, in their units, by which they may lie apart from what is asked before and after.
    @Test(arguments: [(125, CLOCK_BOOTTIME), (160, CLOCK_MONOTONIC_COARSE), (208, CLOCK_TAI)])
    func clocks(number: Int, clock: clockid_t) throws {
        func now() -> UInt64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }
        let before = now()
        let told = try Machine().run("call \(number)\nexit").value
        #expect((before...now()).contains(told))
    }

    /// Linux counts from 5 minutes before 2^32, as does whoever asks it: at 250 a second.
    @Test func jiffies() throws {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        let told = try Machine().run("call 118\nexit").value
        let seconds = Int64(bitPattern: told &- (1 << 32) &+ 75000) / 250
        #expect((0...60).contains(seconds - Int64(time.tv_sec)))
        #expect(try Machine().run("call 42\nexit").value < 1024)
    }

    @Test func printkWritesALine() throws {
        let machine = Machine()
        let outcome = try machine.run(
            """
            lddw r6, 0x25203d2064257620
            stxdw [r10-16], r6
            stw [r10-8], 0x00783830
            mov r1, r10
            add r1, -16
            mov r2, 12
            mov r3, -3
            mov r4, 0xbeef
            call 6
            exit
            """, slot: 1)
        #expect(outcome.fault == .none)
        let lines = machine.trace.lines()
        #expect(lines.map(\.text) == [" v-3 = 0000beef"])
        #expect(lines.first?.slot == 1)
        #expect(outcome.value == 15)
    }
}
