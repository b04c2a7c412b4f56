import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// `bpf_loop` and `bpf_for_each_map_elem`.
struct CallbackTests {
    /// Sums the iterations' numbers into the word at the context, and stops at `%stop`; the caller's registers live on.
    static let sum =
        """
        mov r6, 100
        mov r9, 7
        stdw [r10-8], 0
        mov r1, %count
        lddw r2, func add
        mov r3, r10
        add r3, -8
        mov r4, %flags
        call 181
        mov r7, r0
        lsh r7, 16
        ldxdw r0, [r10-8]
        add r0, r7
        add r0, r6
        add r0, r9
        exit
        add:
        mov r6, r1
        mov r9, r2
        ldxdw r3, [r9+0]
        add r3, r6
        stxdw [r9+0], r3
        mov r0, 0
        jne r6, %stop, out
        mov r0, 1
        out:
        exit
        """

    private func sum(_ count: Int, stop: Int = -1, flags: Int = 0) -> String {
        Self.sum.replacing("%count", with: "\(count)").replacing("%stop", with: "\(stop)")
            .replacing("%flags", with: "\(flags)")
    }

    @Test(arguments: [(0, -1, 0), (1, -1, 0), (10, -1, 0), (10, 4, 0), (1 << 23 + 1, -1, 0), (5, -1, 1)])
    func loop(count: Int, stop: Int, flags: Int) throws {
        let outcome = try LinuxRun().run(sum(count, stop: stop, flags: flags))
        if count <= 10, flags == 0 {
            let done = stop < 0 ? count : stop + 1
            #expect(outcome.value == UInt64(done << 16 + done * (done - 1) / 2 + 107))
        }
    }

    /// Loops in callbacks of loops, and a subprogram of a callback.
    static let nested =
        """
        stdw [r10-8], 0
        mov r1, 5
        lddw r2, func outer
        mov r3, r10
        add r3, -8
        mov r4, 0
        call 181
        ldxdw r0, [r10-8]
        exit
        outer:
        mov r6, r1
        mov r3, r2
        mov r1, 3
        lddw r2, func inner
        mov r4, 0
        call 181
        mov r0, 0
        jle r6, 2, more
        mov r0, 1
        more:
        exit
        inner:
        mov r6, r2
        mov r7, r1
        call local twice
        ldxdw r1, [r6+0]
        add r1, r0
        add r1, r7
        stxdw [r6+0], r1
        mov r0, 0
        exit
        twice:
        mov r0, r1
        add r0, r1
        exit
        """

    @Test func loopsWithinLoops() throws {
        // 4 times (0 + 1 + 2) times 3.
        #expect(try LinuxRun().run(Self.nested).value == 36)
    }

    /// Both engines count fuel alike: with less of it both stop, in the same step, and with one more neither does.
    @Test func fuelIsCountedAcrossIterations() throws {
        for source in [sum(40), Self.nested] {
            func fault(_ fuel: Int) throws -> Fault { try NativePair(source, fuel: fuel).run().fault }
            var (low, high) = (0, 1 << 16)
            #expect(try fault(high) == .none)
            while high - low > 1 {
                let middle = (low + high) / 2
                if try fault(middle) == .none { high = middle } else { low = middle }
            }
            #expect(low > 40)
            for fuel in [0, 1, 8, low / 2, low - 1, low] { #expect(try fault(fuel) == .outOfFuel, "\(fuel)") }
        }
    }

    /// After a fault in a callback the next frames of the burst, and the next burst, run as if nothing had been.
    @Test(arguments: Program.Engine.allCases)
    func faultsLeaveNothingBehind(engine: Program.Engine) throws {
        let machine = Machine()
        // Loops as often as the packet's first word says.
        let source =
            "ldxdw r6, [r1+0]\nldxw r6, [r6+0]\n"
            + sum(0).replacing("mov r6, 100\n", with: "").replacing("mov r1, 0\n", with: "mov r1, r6\n")
        var facts = Verifier.Facts()
        facts.contextLoads = [0: 0]
        let program = try Program(
            machine.program(source).code, type: .vale, domain: machine.domain, trace: machine.trace,
            options: .init(fuel: 1 << 14, engine: engine), facts: facts)
        #expect(program.engine == engine)
        let counts: [UInt32] = [3, 100_000, 3, 1 << 22, 1 << 31, 3]
        for _ in 0..<2 {
            var words = counts
            var results = [RunResult](repeating: RunResult(), count: counts.count)
            words.withUnsafeMutableBytes { buffer in
                var contexts = counts.indices.map { FrameContext(data: buffer.baseAddress! + 4 * $0, length: 4) }
                program.executable.run(&contexts, count: counts.count, results: &results, slot: 0)
            }
            #expect(results.map(\.fault) == [.none, .outOfFuel, .none, .outOfFuel, .none, .none])
            #expect(results[0] == results[2] && results[2] == results[5])
            #expect(results[0].value == 3 << 16 + 3 + 3 + 7)
        }
        #expect(program.statistics.faults == [.outOfFuel: 4])
    }

    @Test func recursionEndsAtEightFrames() throws {
        let source =
            """
            again:
            mov r1, 2
            lddw r2, func again
            mov r3, 0
            mov r4, 0
            call 181
            mov r0, 0
            exit
            """
        #expect(try Machine().run(source).fault == .callDepth)
        #expect(try NativePair(source, isVerified: false).run().fault == .callDepth)
        #expect(try Machine().run("mov r1, 1\nmov r2, 5\nmov r3, 0\nmov r4, 0\ncall 181\nexit").fault == .badCall)
    }

    // MARK: Maps

    /// Sums keys and values into the word at the context, and stops where the key is `%stop`.
    private func forEach(_ stop: Int, flags: Int = 0, then: String = "") -> String {
        """
        stdw [r10-8], 0
        lddw r1, map 0
        lddw r2, func element
        mov r3, r10
        add r3, -8
        mov r4, \(flags)
        call 164
        mov r7, r0
        lsh r7, 16
        ldxdw r0, [r10-8]
        add r0, r7
        exit
        element:
        mov r6, r1
        mov r8, r2
        ldxw r5, [r2+0]
        ldxdw r3, [r3+0]
        ldxdw r1, [r4+0]
        add r1, r3
        add r1, r5
        stxdw [r4+0], r1
        mov r7, 0
        jne r5, \(stop), out
        mov r7, 1
        out:
        \(then)
        mov r0, r7
        exit
        """
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static let elements: [[UInt8]: [UInt8]] = Dictionary(
        uniqueKeysWithValues: (0..<8).map { (word($0), word($0 * $0 + 1) + [0, 0, 0, 0]) })

    @Test(arguments: [MapType.array, .hash, .lruHash])
    func everyElement(type: MapType) throws {
        let map = MapDescription(
            name: "m", attributes: MapAttributes(type: type, keySize: 4, valueSize: 8, maxEntries: 8))
        let outcome = try LinuxRun(maps: [map]).run(forEach(-1), elements: [Self.elements])
        #expect(outcome.value == 8 << 16 + 28 + 140 + 8)
    }

    @Test func elementsUntilOneStops() throws {
        let map = MapDescription(
            name: "m", attributes: MapAttributes(type: .array, keySize: 4, valueSize: 8, maxEntries: 8))
        #expect(try LinuxRun(maps: [map]).run(forEach(2), elements: [Self.elements]).value == 3 << 16 + 3 + 5 + 3)
        try LinuxRun(maps: [map]).run(forEach(2, flags: 1), elements: [Self.elements])
    }

    @Test func elementsMayBeDeletedOnTheWay() throws {
        let map = MapDescription(
            name: "m", attributes: MapAttributes(type: .hash, keySize: 4, valueSize: 8, maxEntries: 8))
        let outcome = try LinuxRun(maps: [map]).run(
            forEach(-1, then: "lddw r1, map 0\nmov r2, r8\ncall 3"), elements: [Self.elements])
        #expect(outcome.value == 8 << 16 + 28 + 140 + 8)
    }

    @Test func valuesOfPerCPUMapsAreTheWorkersOwn() throws {
        var machine = Machine()
        let map = try machine.addMap(.perCPUArray, entries: 2)
        let one: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        try map.update([0, 0, 0, 0], one + [2, 0, 0, 0, 0, 0, 0, 0])
        #expect(try machine.run(forEach(-1), slot: 0).value == 2 << 16 + 1 + 1)
        #expect(try machine.run(forEach(-1), slot: 1).value == 2 << 16 + 2 + 1)
        func other(_ cpu: Int) throws -> UInt64 {
            try machine.run(
                """
                stw [r10-4], 0
                lddw r1, map 0
                mov r2, r10
                add r2, -4
                mov r3, \(cpu)
                call 195
                jeq r0, 0, out
                ldxdw r0, [r0+0]
                out:
                exit
                """, slot: 0
            ).value
        }
        #expect(try [0, 1, 3, -1].map(other) == [1, 2, 0, 0])
    }
}
