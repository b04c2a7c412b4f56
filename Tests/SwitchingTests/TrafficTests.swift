import Engine
import Glibc
import PacketIO
import Switching
import Synchronization
import TestSupport
import Testing

/// Changes while frames flow. Each frame is accounted for at any time.
@Suite("Under traffic") struct TrafficTests {
    /// Injects numbered frames into a port from a thread of its own until it is stopped.
    final class Generator: Sendable {
        private let isStopped = Atomic<Bool>(false)
        private let injected = Atomic<UInt64>(0)
        nonisolated(unsafe) private var thread = pthread_t()
        private let port: MemoryPort
        private let verdict: UInt64

        init(_ port: MemoryPort, verdict: UInt64) {
            self.port = port
            self.verdict = verdict
            pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Generator>.fromOpaque(argument!).takeUnretainedValue().run()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
        }

        private func run() {
            var number: UInt64 = 0
            while !isStopped.load(ordering: .relaxed) {
                if port.inject(frame(verdict: verdict, tag: number)) {
                    number += 1
                    injected.store(number, ordering: .relaxed)
                } else {
                    sched_yield()
                }
            }
        }

        var count: UInt64 { injected.load(ordering: .relaxed) }

        func stop() -> UInt64 {
            isStopped.store(true, ordering: .relaxed)
            pthread_join(thread, nil)
            return count
        }
    }

    @Test func programsAreReplacedBetweenTwoBursts() throws {
        let test = try TestSwitch(ports: 4, program: Source.constant(1))
        let sinks = Sinks(test.ports)
        let generator = Generator(test.ports[0], verdict: 0)
        let programs = try [1, 2, 3, 254, 255].map { try test.program(Source.constant($0)) }
        for i in 0..<300 {
            try test.vale.setProgram(programs[i % programs.count])
            #expect(test.vale.program === programs[i % programs.count])
            if i % 50 == 0 { test.expectBalance() }
        }
        let injected = generator.stop()
        test.settle()
        let ledger = test.expectBalance()
        #expect(ledger.received == injected)
        // Nothing but what a program or a full queue dropped.
        #expect(Set(ledger.drops.keys).isSubset(of: [.programDrop, .txQueueFull]))
        let arrived = sinks.stop()
        #expect(arrived.reduce(0) { $0 + UInt64($1.count) } == ledger.transmitted)
        for tags in arrived { #expect(tags == tags.sorted()) }
        #expect(test.vale.statistics().runs == injected)
        // The programs counted the same runs.
        #expect(programs.reduce(0) { $0 + $1.statistics.runs } <= injected)
    }

    @Test func egressPortsComeAndGo() throws {
        let test = try TestSwitch(ports: 3, program: Source.directed)
        let sinks = Sinks([test.ports[2]])
        let generator = Generator(test.ports[0], verdict: 2)
        let broadcaster = Generator(test.ports[1], verdict: 254)
        var last: UInt64 = 0
        for _ in 0..<200 {
            last += try test.vale.removePort("p2").counters.txFrames
            test.expectBalance()
            try test.vale.addPort("p2", .memory(test.ports[2]), number: 2)
        }
        let injected = generator.stop() + broadcaster.stop()
        test.settle()
        let ledger = test.expectBalance()
        #expect(ledger.received == injected)
        #expect(Set(ledger.drops.keys).isSubset(of: [.noSuchPort, .txQueueFull]))
        last += test.vale.port(named: "p2")?.counters.txFrames ?? 0
        #expect(UInt64(sinks.stop()[0].count) == last)
    }

    @Test func ingressPortsComeAndGo() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        let sinks = Sinks([test.ports[1]])
        let generator = Generator(test.ports[0], verdict: 0)
        for _ in 0..<100 {
            try test.vale.removePort("p0")
            test.expectBalance()
            try test.vale.addPort("p0", .memory(test.ports[0]), number: 0)
        }
        let injected = generator.stop()
        test.settle()
        // What the port had received before it went is in the switch's ledger.
        let ledger = test.expectBalance()
        #expect(ledger.received == injected)
        #expect(UInt64(sinks.stop()[0].count) + ledger.dropped == injected)
    }

    @Test func switchesComeAndGo() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        let generator = Generator(test.ports[0], verdict: 0)
        for i in 0..<50 {
            let other = try test.dataplane.createSwitch("other\(i)")
            let memory = MemoryPort()
            try other.addPort("q", .memory(memory))
            memory.inject(frame(verdict: 0))
            try test.dataplane.removeSwitch("other\(i)")
            // Forwarded, that is dropped for want of a program, when the port went.
            #expect(memory.injectedCount == 0)
            #expect(other.ledger().drops == [.noProgram: 1])
            memory.close()
        }
        let injected = generator.stop()
        test.settle()
        #expect(test.vale.ledger().received == injected)
    }

    /// A program that never ends by itself holds up nobody for long.
    @Test func aProgramThatLoopsIsReplaced() throws {
        let test = try TestSwitch(ports: 2)
        try test.vale.setProgram(try test.program("loop: ja loop", fuel: 1 << 16))
        let generator = Generator(test.ports[0], verdict: 0)
        #expect(eventually { test.vale.ledger().drops[.programOutOfFuel, default: 0] > 20 })
        try test.vale.setProgram(try test.program(Source.constant(1)))
        #expect(eventually { test.vale.ledger().transmitted > 0 })
        let injected = generator.stop()
        test.settle()
        let ledger = test.expectBalance()
        #expect(ledger.received == injected)
        #expect(test.vale.statistics().faults == ledger.drops[.programOutOfFuel])
    }

    /// Drains ports from a thread of its own.
    final class Sinks: Sendable {
        private let isStopped = Atomic<Bool>(false)
        nonisolated(unsafe) private var thread = pthread_t()
        nonisolated(unsafe) private var tags: [[UInt64]]
        private let ports: [MemoryPort]

        init(_ ports: [MemoryPort]) {
            self.ports = ports
            tags = ports.map { _ in [] }
            pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Sinks>.fromOpaque(argument!).takeUnretainedValue().run()
                    return nil
                }, Unmanaged.passUnretained(self).toOpaque())
        }

        private func run() {
            while !isStopped.load(ordering: .acquiring) {
                drain()
                sched_yield()
            }
        }

        private func drain() {
            for (i, port) in ports.enumerated() {
                port.drain(limit: .max) { bytes, _ in
                    tags[i].append(bytes.loadUnaligned(fromByteOffset: 22, as: UInt64.self))
                }
            }
        }

        /// The numbers of the frames that arrived at each port.
        func stop() -> [[UInt64]] {
            isStopped.store(true, ordering: .releasing)
            pthread_join(thread, nil)
            drain()
            return tags
        }
    }
}
