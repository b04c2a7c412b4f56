import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// Fuel, call frames, function pointers, and code that cannot run.
struct ControlFlowTests {
    @Test func aLoopWithoutEndRunsOutOfFuel() throws {
        var machine = Machine()
        machine.fuel = 1000
        for source in ["loop: ja loop", "mov r0, 1\nloop: jne r0, 0, loop\nexit", "loop: ja32 loop"] {
            #expect(try machine.run(source).fault == .outOfFuel, "\(source)")
        }
    }

    @Test func fuelCountsBackEdges() throws {
        var machine = Machine()
        machine.fuel = 18
        let source = "mov r0, 10\nloop: sub r0, 1\njne r0, 0, loop\nexit"
        #expect(try machine.run(source).fault == .none)
        machine.fuel = 17
        #expect(try machine.run(source).fault == .outOfFuel)
    }

    /// A long loop takes no more of the worker's time than a short one.
    @Test func fuelCountsWhatABackEdgeRepeats() throws {
        var machine = Machine()
        let body = String(repeating: "add r0, 1\n", count: 999)
        machine.fuel = 10_000
        #expect(try machine.run("mov r0, 0\nloop: \(body)jlt r0, 9990, loop\nexit").value == 9990)
        #expect(try machine.run("mov r0, 0\nloop: \(body)jlt r0, 11988, loop\nexit").fault == .outOfFuel)
    }

    @Test func fuelCountsWhatSubprogramsRun() throws {
        var machine = Machine()
        let calls = String(repeating: "call local sub\n", count: 9)
        let source = "mov r0, 0\n\(calls)exit\nsub:\n\(String(repeating: "add r0, 1\n", count: 99))exit"
        machine.fuel = 900
        #expect(try machine.run(source).value == 891)
        machine.fuel = 899
        #expect(try machine.run(source).fault == .outOfFuel)
    }

    /// A few instructions can have a helper copy gigabytes.
    @Test func fuelCountsWhatHelpersCopy() throws {
        var machine = Machine()
        machine.fuel = 1 << 20
        let map = try machine.addMap(.array, value: 1 << 20, entries: 1)
        let source = """
            stw [r10-4], 0
            mov r6, %
            loop:
            lddw r1, map 0
            mov r2, r10
            add r2, -4
            lddw r3, map_value 0+0
            mov r4, 0
            call 2
            sub r6, 1
            jne r6, 0, loop
            mov r0, 0
            exit
            """
        #expect(map.attributes.valueSize == 1 << 20)
        #expect(try machine.run(source.replacing("%", with: "2")).fault == .none)
        #expect(try machine.run(source.replacing("%", with: "100")).fault == .outOfFuel)
    }

    @Test func fuelCountsLinesOfText() throws {
        let source = """
            stw [r10-4], 0x0a
            mov r6, 10000000
            loop:
            mov r1, r10
            add r1, -4
            mov r2, 2
            call 6
            sub r6, 1
            jne r6, 0, loop
            exit
            """
        let machine = Machine()
        #expect(try machine.run(source).fault == .outOfFuel)
        #expect(machine.trace.lastSequence < 100)
    }

    /// The first byte of a frame says how often its run loops.
    @Test func runsWithoutFuelLeaveLessToTheRestOfTheirBurst() throws {
        var machine = Machine()
        machine.fuel = 100
        let program = try machine.program(
            "ldxdw r2, [r1+0]\nldxb r0, [r2+0]\nmov r3, r0\nloop: sub r3, 1\njne r3, 0, loop\nexit")
        func run(_ loops: [UInt8]) -> [Fault] {
            var results = [RunResult](repeating: RunResult(), count: loops.count)
            var bytes = loops
            bytes.withUnsafeMutableBytes { buffer in
                var contexts = loops.indices.map { FrameContext(data: buffer.baseAddress! + $0, length: 1) }
                program.executable.run(&contexts, count: loops.count, results: &results, slot: 0)
            }
            return results.map(\.fault)
        }
        #expect(run([40, 60, 40, 20, 40]) == [.none, .outOfFuel, .outOfFuel, .outOfFuel, .outOfFuel])
        #expect(run([40, 60, 20, 40]) == [.none, .outOfFuel, .none, .outOfFuel])
        #expect(run([40]) == [.none])
    }

    /// The first word of a frame says how often its run loops, at two instructions' fuel each.
    @Test(arguments: Program.Engine.allCases)
    func burstsAfterARunWithoutFuelBeginWithLess(engine: Program.Engine) throws {
        let machine = Machine()
        var facts = Verifier.Facts()
        facts.contextLoads = [0: 0]
        let source = "ldxdw r2, [r1+0]\nldxw r3, [r2+0]\nmov r0, 0\nloop: sub r3, 1\njne r3, 0, loop\nexit"
        let program = try Program(
            machine.program(source).code, type: .vale, maps: [], domain: machine.domain, trace: machine.trace,
            options: .init(fuel: 1 << 17, engine: engine), facts: facts)
        let faults = [40_000, 4_000_000, 40_000, 10_000, 20_000, 40_000].map { (loops: UInt32) in
            var loops = loops
            var result = RunResult()
            withUnsafeMutableBytes(of: &loops) { buffer in
                var context = FrameContext(data: buffer.baseAddress!, length: 4)
                program.executable.run(&context, count: 1, results: &result, slot: 0)
            }
            return result.fault
        }
        #expect(faults == [.none, .outOfFuel, .outOfFuel, .none, .none, .none])
    }

    @Test func eightFramesAndNoMore() throws {
        func chain(_ depth: Int) -> String {
            var source = "mov r0, 0\ncall local f1\nexit\n"
            for level in 1..<depth {
                source += "f\(level):\nadd r0, 1\ncall local f\(level + 1)\nexit\n"
            }
            return source + "f\(depth):\nadd r0, 1\nexit\n"
        }
        #expect(try Machine().run(chain(7)).result == RunResult(value: 7))
        #expect(try Machine().run(chain(8)).fault == .callDepth)
        #expect(try Machine().run("f: call local f\nexit").fault == .callDepth)
    }

    @Test func callsKeepR6ToR9() throws {
        let outcome = try Machine().run(
            """
            mov r6, 6
            mov r7, 7
            mov r8, 8
            mov r9, 9
            call local sub
            add r0, r6
            add r0, r7
            add r0, r8
            add r0, r9
            exit
            sub:
            mov r6, 100
            mov r7, 100
            mov r8, 100
            mov r9, 100
            mov r0, 1000
            exit
            """)
        #expect(outcome.value == 1030)
    }

    @Test func callxTakesAFunctionPointer() throws {
        let outcome = try Machine().run(
            "lddw r2, func sub\nmov r1, 20\ncallx r2\nadd r0, 1\nexit\nsub:\nmov r0, r1\nadd r0, r1\nexit")
        #expect(outcome.result == RunResult(value: 41))
        #expect(try Machine().run("mov r2, 12345\ncallx r2\nexit").fault == .badCall)
        #expect(try Machine().run("lddw r2, 0x5AFEF00000001000\ncallx r2\nexit").fault == .badCall)
    }

    @Test func malformedCodeIsRefusedOrFaults() throws {
        let cases: [(String, Fault)] = [
            ("mov r0, 1", .badInstruction), (".quad 0xff", .badInstruction), ("ja +5\nexit", .badInstruction),
            (".quad 0x0b07\nexit", .badInstruction), ("ja +1\nlddw r0, 5\nexit", .badInstruction),
            (".quad 0x18", .badInstruction), ("call kfunc 7\nexit", .badInstruction),
            ("call 4095\nexit", .badCall), ("lddw r1, map 0\nexit", .badInstruction),
            ("mov r10, 0\nexit", .badInstruction),
        ]
        for (source, fault) in cases {
            #expect(throws: LoadError.self, "\(source)") { try Machine().program(source) }
            #expect(try Machine().run(source, validate: false).fault == fault, "\(source)")
        }
    }

    @Test func faultsAreCountedAndLocated() throws {
        let machine = Machine()
        let program = try machine.program("lddw r2, 1\nmov r0, 0\nldxb r0, [r2+4]\nexit", type: .memory)
        _ = program.executable.run(memory: UnsafeMutableRawBufferPointer(start: nil, count: 0), slot: 1)
        #expect(program.statistics.runs == 1)
        #expect(program.statistics.faults == [.badAccess: 1])
        #expect(program.lastFault(slot: 0) == nil)
        #expect(program.lastFault(slot: 1)?.instruction == 3)
        #expect(program.lastFault(slot: 1)?.address == 5)
    }
}
