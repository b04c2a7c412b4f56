import Glibc
import Maps
import Object
import Testing
import Verifier

@testable import Engine

struct LockHelperTests {
    /// Takes the lock at the start of element 0, reads the counter, waits a little and writes one more: as often as the
    /// packet's first word says.
    static let count =
        """
        ldxdw r7, [r1+0]
        ldxw r7, [r7+0]
        stw [r10-4], 0
        lddw r1, map 0
        mov r2, r10
        add r2, -4
        call 1
        jeq r0, 0, out
        mov r6, r0
        again:
        jeq r7, 0, out
        sub r7, 1
        mov r1, r6
        call 93
        ldxdw r8, [r6+8]
        mov r9, 20
        wait:
        sub r9, 1
        jne r9, 0, wait
        add r8, 1
        stxdw [r6+8], r8
        mov r1, r6
        call 94
        ja again
        out:
        mov r0, 0
        exit
        """

    private func program(
        _ machine: Machine, _ map: Map, _ source: String, engine: Program.Engine, fuel: Int = 1 << 24
    ) throws -> Program {
        var facts = Verifier.Facts()
        facts.contextLoads = [0: 0]
        return try Program(
            machine.program(source).code, type: .vale, maps: [map], domain: machine.domain, trace: machine.trace,
            options: .init(fuel: fuel, engine: engine), facts: facts)
    }

    private static func run(_ program: Program, _ word: UInt32, slot: Int) -> RunResult {
        var word = word
        var result = RunResult()
        withUnsafeMutableBytes(of: &word) { buffer in
            var context = FrameContext(data: buffer.baseAddress!, length: 4)
            program.executable.run(&context, count: 1, results: &result, slot: slot)
        }
        return result
    }

    /// Two workers, one interpreted and one native, lose no count.
    @Test func workersExcludeEachOther() async throws {
        var machine = Machine()
        let map = try machine.addMap(.array, value: 16, entries: 1)
        let rounds: UInt32 = 50_000
        let programs = try Program.Engine.allCases.map { try program(machine, map, Self.count, engine: $0) }
        await withTaskGroup(of: RunResult.self) { group in
            for (slot, program) in programs.enumerated() {
                group.addTask { Self.run(program, rounds, slot: slot) }
            }
            for await result in group { #expect(result == RunResult()) }
        }
        let counted = try map.lookup([0, 0, 0, 0])[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        #expect(counted == UInt64(rounds) * 2)
    }

    /// A run that ends without fuel while it holds the lock leaves it to the next.
    @Test(arguments: Program.Engine.allCases)
    func faultsGiveTheLockBack(engine: Program.Engine) throws {
        var machine = Machine()
        let map = try machine.addMap(.array, value: 16, entries: 1)
        let endless = Self.count.replacing("jne r9, 0, wait", with: "ja wait")
        let stuck = try program(machine, map, endless, engine: engine, fuel: 1 << 12)
        #expect(Self.run(stuck, 1, slot: 0).fault == .outOfFuel)
        #expect(Self.run(stuck, 1, slot: 0).fault == .outOfFuel)
        let next = try program(machine, map, Self.count, engine: engine)
        #expect(Self.run(next, 3, slot: 1) == RunResult())
    }

    @Test(arguments: Program.Engine.allCases)
    func faultsAfterATailCallGiveTheLockBack(engine: Program.Engine) throws {
        var machine = Machine()
        let map = try machine.addMap(.array, value: 16, entries: 1)
        let programs = try machine.addMap(.progArray, value: 4, entries: 1)
        let endless = Self.count.replacing("jne r9, 0, wait", with: "ja wait")
        try programs.setProgram([0, 0, 0, 0], program(machine, map, endless, engine: engine))
        let source = "ldxdw r7, [r1+0]\nlddw r2, map 0\nmov r3, 0\ncall 12\nmov r0, 9\nexit"
        let first = try program(machine, programs, source, engine: engine, fuel: 1 << 12)
        for _ in 0..<2 { #expect(Self.run(first, 1, slot: 0).fault == .outOfFuel) }
        let next = try program(machine, map, Self.count, engine: engine)
        #expect(Self.run(next, 3, slot: 1) == RunResult())
    }

    @Test func whatNobodyVerifiedCannotWaitForItself() throws {
        var machine = Machine()
        _ = try machine.addMap(.array, value: 16, entries: 1)
        let value = "stw [r10-4], 0\nlddw r1, map 0\nmov r2, r10\nadd r2, -4\ncall 1\nmov r6, r0\n"
        let lock = "mov r1, r6\ncall 93\n"
        let unlock = "mov r1, r6\ncall 94\n"
        #expect(try machine.run(value + lock + unlock + "mov r0, 5\nexit").value == 5)
        #expect(try machine.run(value + lock + lock + "exit").fault == .badCall)
        #expect(try machine.run(value + unlock + "exit").fault == .badCall)
        #expect(try machine.run(lock + "exit").fault == .badAccess)
        // What a run leaves locked is free afterwards.
        let program = try machine.program(value + lock + "mov r0, 0\nexit", type: .memory)
        for _ in 0..<2 {
            #expect(program.executable.run(memory: .init(start: nil, count: 0), slot: 0) == RunResult())
        }
    }
}
