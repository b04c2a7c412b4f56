import Engine
import PacketIO
import Switching
import Testing

@Suite("Verdicts") struct VerdictTests {
    /// What a frame from port 1 of ports 0, 1, 2 and 253 becomes.
    enum Outcome: Sendable {
        case sent([Int])
        case dropped(DropReason)
    }

    @Test(
        arguments: [
            (0, .sent([0])),
            (1, .dropped(.backToIngress)),
            (2, .sent([2])),
            (3, .dropped(.noSuchPort)),
            (252, .dropped(.noSuchPort)),
            (253, .sent([3])),
            (254, .sent([0, 2, 3])),
            (255, .dropped(.programDrop)),
            (256, .dropped(.invalidVerdict)),
            (257, .dropped(.invalidVerdict)),
            (0xFFFF_FFFF, .dropped(.invalidVerdict)),
            (0x1_0000_0000, .dropped(.invalidVerdict)),
            (0x1_0000_0001, .dropped(.invalidVerdict)),
            (0xFF00_0000_0000_00FE, .dropped(.invalidVerdict)),
            (UInt64.max, .dropped(.invalidVerdict)),
            (Source.crash, .dropped(.programFault)),
            (Source.loop, .dropped(.programOutOfFuel)),
        ] as [(UInt64, Outcome)])
    func decidesWhereAFrameGoes(verdict: UInt64, outcome: Outcome) throws {
        let test = try TestSwitch(ports: 3, program: Source.directed)
        try test.add(MemoryPort(), number: 253)
        let bytes = frame(verdict: verdict, tag: 77)
        for _ in 0..<3 { test.ports[1].inject(bytes) }
        test.settle()

        let statistics = test.vale.statistics()
        #expect(statistics.ledger.received == 3)
        #expect(statistics.runs == 3)
        switch outcome {
        case .sent(let egresses):
            for (i, port) in test.ports.enumerated() {
                #expect(port.drain() == (egresses.contains(i) ? [bytes, bytes, bytes] : []))
            }
            #expect(statistics.ledger.drops.isEmpty)
            #expect(statistics.ledger.transmitted == UInt64(3 * egresses.count))
            #expect(statistics.ledger.generated == UInt64(3 * egresses.count - 3))
            for info in statistics.ports {
                let sends = egresses.contains { ["p\($0)"] == [info.name] }
                #expect(info.counters.txFrames == (sends ? 3 : 0))
                #expect(info.counters.txBytes == (sends ? 192 : 0))
            }
        case .dropped(let reason):
            for port in test.ports { #expect(port.drain().isEmpty) }
            #expect(statistics.ledger.drops == [reason: 3])
            // The ingress port names what the program decided.
            #expect(statistics.ports[1].counters.drops == [reason: 3])
        }
        #expect(statistics.ports[1].counters.rxFrames == 3)
        #expect(statistics.ports[1].counters.rxBytes == 192)
        let faulty = verdict == Source.crash || verdict == Source.loop
        #expect(statistics.faults == (faulty ? 3 : 0))
    }

    @Test func dropsWithoutAProgram() throws {
        let test = try TestSwitch(ports: 2)
        test.ports[0].inject(frame(verdict: 1))
        test.settle()
        #expect(test.vale.ledger().drops == [.noProgram: 1])
        #expect(test.vale.statistics().runs == 0)
    }

    @Test(arguments: 1..<14)
    func dropsRunts(length: Int) throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        // Runts between whole frames: the others keep their verdicts and their order.
        var whole: [[UInt8]] = []
        for i in 0..<20 {
            whole.append(frame(verdict: 0, tag: UInt64(i)))
            test.ports[0].inject(whole[i])
            test.ports[0].inject([UInt8](repeating: 0, count: length))
        }
        test.settle()
        #expect(test.vale.ledger().drops == [.runt: 20])
        #expect(test.ports[1].drain() == whole)
        #expect(test.vale.statistics().runs == 20)
    }

    @Test func takesAFrameOfAnEthernetHeaderAlone() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        test.ports[0].inject([UInt8](repeating: 0, count: 14))
        test.settle()
        #expect(test.ports[1].drain().count == 1)
    }

    @Test(arguments: [1, 2, 3, 17, 128, 254])
    func broadcasts(ports: Int) throws {
        let test = try TestSwitch(ports: ports, program: Source.constant(254)) {
            MemoryPort(receiveFrames: 64, transmitFrames: 64, bytes: 1 << 14)
        }
        let bytes = frame(verdict: 0)
        for _ in 0..<5 { test.ports[ports / 2].inject(bytes) }
        test.settle()
        let ledger = test.vale.ledger()
        #expect(ledger.received == 5)
        if ports == 1 {
            #expect(ledger.drops == [.noOtherPort: 5])
            #expect(ledger.generated == 0)
        } else {
            #expect(ledger.drops.isEmpty)
            #expect(ledger.transmitted == UInt64(5 * (ports - 1)))
            #expect(ledger.generated == UInt64(5 * (ports - 2)))
        }
        for (i, port) in test.ports.enumerated() { #expect(port.drain().count == (i == ports / 2 ? 0 : 5)) }
    }

    @Test func namesAFullTransmitQueue() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1)) {
            MemoryPort(receiveFrames: 1024, transmitFrames: 8, bytes: 1 << 20)
        }
        for i in 0..<600 { test.ports[0].inject(frame(verdict: 0, tag: UInt64(i))) }
        test.settle()
        let arrived = test.ports[1].drain()
        #expect(arrived.map(tag(of:)) == (0..<UInt64(arrived.count)).map { $0 })
        let info = test.vale.statistics().ports
        #expect(info[1].counters.txFrames == UInt64(arrived.count))
        #expect(info[1].counters.drops == [.txQueueFull: UInt64(600 - arrived.count)])
        #expect(arrived.count < 600)
        #expect(info[0].counters.drops.isEmpty)
    }

    @Test func namesAnOversizeFrame() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1)) { MemoryPort(maximumFrameBytes: 1514) }
        test.ports[0].inject(frame(verdict: 0, length: 1514))
        test.ports[0].inject(frame(verdict: 0, length: 1515))
        test.settle()
        #expect(test.vale.ledger().drops == [.oversize: 1])
        #expect(test.ports[1].drain().map(\.count) == [1514])
    }

    /// Frames keep their order per ingress and egress port, whatever is between them.
    @Test func keepsTheOrder() throws {
        let test = try TestSwitch(ports: 4, program: Source.directed)
        var expected: [[UInt64]] = [[], [], [], []]
        for i in 0..<5000 {
            let verdict: UInt64 = [1, 2, 3, 254, 255, 2, 1, 0, 256][i % 9]
            while !test.ports[0].inject(frame(verdict: verdict, tag: UInt64(i))) {}
            switch verdict {
            case 1...3: expected[Int(verdict)].append(UInt64(i))
            case 254: for egress in 1...3 { expected[egress].append(UInt64(i)) }
            default: break
            }
        }
        test.settle()
        for egress in 0..<4 { #expect(test.ports[egress].drain().map(tag(of:)) == expected[egress]) }
    }

    @Test func carriesOffloadsThrough() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        let offload = FrameOffload(
            flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448, checksumStart: 34, checksumOffset: 16)
        test.ports[0].inject(frame(verdict: 0, length: 60_000), offload: offload)
        test.settle()
        let arrived = test.ports[1].drainFrames()
        #expect(arrived.map(\.offload) == [offload])
        #expect(arrived.map(\.bytes) == [frame(verdict: 0, length: 60_000)])
    }
}
