import Engine
import Maps
import Object
import PacketIO
import Switching
import TestSupport
import Testing

/// XDP programs at a port, before the switch's program.
@Suite("XDP chains") struct ChainTests {
    /// Says what the frame says: a verdict in the byte behind the Ethernet header.
    static let directed = """
        mov r6, r1
        ldxw r2, [r1+0]
        ldxw r3, [r1+4]
        mov r4, r2
        add r4, 15
        jgt r4, r3, drop
        ldxb r0, [r2+14]
        exit
        drop:
        mov r0, 1
        exit
        """

    /// Takes one from the byte behind the Ethernet header, which it returns as it was.
    static let counting = """
        ldxw r2, [r1+0]
        ldxw r3, [r1+4]
        mov r4, r2
        add r4, 15
        jgt r4, r3, drop
        ldxb r0, [r2+14]
        mov r5, r0
        add r5, -1
        stxb [r2+14], r5
        exit
        drop:
        mov r0, 1
        exit
        """

    private func xdp(_ test: TestSwitch, _ source: String) throws -> Program {
        try test.program(source, type: .xdp)
    }

    private func frame(_ first: UInt8, length: Int = 64) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5, first]
            + (15..<length).map { UInt8(truncatingIfNeeded: $0) }
    }

    enum Outcome: Sendable {
        case passed
        case sentBack
        case dropped(DropReason)
    }

    @Test(
        arguments: [
            (0, .dropped(.xdpAborted)), (1, .dropped(.xdpDrop)), (2, .passed), (3, .sentBack),
            (4, .dropped(.noRedirectTarget)), (5, .dropped(.invalidVerdict)), (255, .dropped(.invalidVerdict)),
        ] as [(UInt8, Outcome)])
    func verdicts(verdict: UInt8, outcome: Outcome) throws {
        let test = try TestSwitch(ports: 3, program: Source.constant(254))
        try test.vale.setChain("p1", [XDPAttachment(try xdp(test, Self.directed))])
        let bytes = frame(verdict)
        for _ in 0..<5 { test.ports[1].inject(bytes) }
        test.settle()
        let statistics = test.vale.statistics()
        let counters = try #require(statistics.ports[1].chain.first).counters
        #expect(counters.runs == 5)
        #expect(counters.nanoseconds == 0)
        let sent = [bytes, bytes, bytes, bytes, bytes]
        switch outcome {
        case .passed:
            #expect(test.ports.map { $0.drain() } == [sent, [], sent])
            #expect(statistics.runs == 5)
        case .sentBack:
            #expect(test.ports.map { $0.drain() } == [[], sent, []])
            #expect(statistics.runs == 0)
        case .dropped(let reason):
            #expect(statistics.ledger.drops == [reason: 5])
            #expect(statistics.ports[1].counters.drops == [reason: 5])
        }
        if let named = XDPVerdict(rawValue: verdict) {
            #expect(counters.verdicts == [named: 5])
            #expect(counters.invalid == 0)
        } else {
            #expect(counters.verdicts.isEmpty)
            #expect(counters.invalid == 5)
        }
    }

    /// Frames that pass need a program of the switch; what goes elsewhere does not.
    @Test func withoutAProgramOfTheSwitch() throws {
        let test = try TestSwitch(ports: 2)
        try test.vale.setChain("p0", [XDPAttachment(try xdp(test, Self.directed))])
        for verdict: UInt8 in [2, 3, 2] { test.ports[0].inject(frame(verdict)) }
        test.settle()
        #expect(test.vale.ledger().drops == [.noProgram: 2])
        #expect(test.ports[0].drain() == [frame(3)])
    }

    /// By priority, as long as the verdict is among those that the program before hands on.
    @Test func goesOnAfterChainCalls() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        let program = try xdp(test, Self.counting)
        try test.vale.setChain(
            "p0",
            [
                XDPAttachment(program, priority: 60, chainCalls: [.pass]),
                XDPAttachment(program, priority: 10, chainCalls: [.tx, .redirect]),
                XDPAttachment(program, priority: 20, chainCalls: [.tx]),
            ])
        for first: UInt8 in [4, 3, 2, 1, 0] { test.ports[0].inject(frame(first)) }
        test.settle()
        let chain = test.vale.statistics().ports[0].chain
        #expect(chain.map(\.attachment.priority) == [10, 20, 60])
        // 4: goes on twice, and passes at the end. 3: goes on, and passes at the second. 2: passes at once.
        #expect(chain.map(\.counters.runs) == [5, 2, 1])
        #expect(chain[0].counters.verdicts == [.redirect: 1, .tx: 1, .pass: 1, .drop: 1, .aborted: 1])
        #expect(chain[1].counters.verdicts == [.tx: 1, .pass: 1])
        #expect(chain[2].counters.verdicts == [.pass: 1])
        #expect(test.vale.ledger().drops == [.xdpDrop: 1, .xdpAborted: 1])
    }

    /// As in libxdp's dispatcher.
    @Test func whatTheLastProgramHandsOnPasses() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        try test.vale.setChain(
            "p0", [XDPAttachment(try xdp(test, "mov r0, 1\nexit"), chainCalls: [.drop, .pass])])
        test.ports[0].inject(frame(9))
        test.settle()
        #expect(test.ports[1].drain() == [frame(9)])
    }

    @Test func faultsAreCounted() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        try test.vale.setChain("p0", [XDPAttachment(try xdp(test, "mov r0, 0\nldxdw r0, [r0+0]\nexit"))])
        test.ports[0].inject(frame(1))
        test.settle()
        try test.vale.setChain("p0", [XDPAttachment(try xdp(test, "loop:\nja loop"))])
        for _ in 0..<40 { test.ports[0].inject(frame(1)) }
        test.settle()
        #expect(test.vale.ledger().drops == [.programFault: 1, .programOutOfFuel: 40])
        // Both programs have the same name, so that counters go on.
        #expect(test.vale.statistics().ports[0].chain[0].counters.faults == 41)
        try test.vale.setChain("p0", [])
        test.ports[0].inject(frame(1))
        test.settle()
        #expect(test.vale.statistics().ports[0].chain.isEmpty)
        #expect(test.ports[1].drain() == [frame(1)])
    }

    @Test func timesRuns() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        try test.vale.setChain("p0", [XDPAttachment(try xdp(test, Self.directed))], isTimed: true)
        for _ in 0..<100 { test.ports[0].inject(frame(1)) }
        test.settle()
        #expect(test.vale.statistics().ports[0].chain[0].counters.nanoseconds > 0)
    }

    @Test func refusesWhatIsNoChain() throws {
        let test = try TestSwitch(ports: 1)
        #expect(throws: SwitchError.self) {
            try test.vale.setChain("p0", [XDPAttachment(try test.program(Source.constant(1)))])
        }
        let program = try xdp(test, Self.directed)
        #expect(throws: SwitchError.self) {
            try test.vale.setChain("p0", [XDPAttachment](repeating: XDPAttachment(program), count: 11))
        }
        #expect(throws: SwitchError.self) { try test.vale.setChain("p7", []) }
        #expect(test.vale.statistics().ports[0].chain.isEmpty)
    }

    /// `bpf_redirect` to the interface that the frame names in its last bytes.
    @Test func redirectsToPorts() throws {
        let test = try TestSwitch(ports: 4)
        try test.vale.setChain(
            "p0",
            [
                XDPAttachment(
                    try xdp(
                        test,
                        """
                        ldxw r2, [r1+0]
                        ldxw r3, [r1+4]
                        mov r4, r2
                        add r4, 18
                        jgt r4, r3, drop
                        ldxw r1, [r2+14]
                        mov r2, 0
                        call 23
                        exit
                        drop:
                        mov r0, 1
                        exit
                        """))
            ])
        var expected = [[[UInt8]]](repeating: [], count: 4)
        var unknown: UInt64 = 0
        let ports = test.vale.ports
        for round in 0..<600 {
            var bytes = frame(0, length: 60 + round)
            let port = round % 5
            let ifindex = port < 4 ? ports[port].ifindex : 77
            withUnsafeBytes(of: ifindex.littleEndian) { bytes.replaceSubrange(14..<18, with: $0) }
            if port < 4 { expected[port].append(bytes) } else { unknown += 1 }
            test.ports[0].inject(bytes)
        }
        test.settle()
        #expect(test.ports.map { $0.drain() } == expected)
        #expect(test.vale.ledger().drops == [.noRedirectTarget: unknown])
    }

    /// A program may grow a frame at both ends and shrink it: what leaves is what it left.
    @Test(arguments: [(-8, 0), (6, 0), (0, 20), (0, -20), (-14, 100), (-200, -30)])
    func movedPackets(head: Int, tail: Int) throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        try test.vale.setChain(
            "p0",
            [
                XDPAttachment(
                    try xdp(
                        test,
                        """
                        mov r6, r1
                        mov r2, \(head)
                        call 44
                        jne r0, 0, drop
                        mov r1, r6
                        mov r2, \(tail)
                        call 65
                        jne r0, 0, drop
                        ldxw r2, [r6+0]
                        ldxw r3, [r6+4]
                        mov r4, r2
                        add r4, 14
                        jgt r4, r3, drop
                        mov r5, 119
                        stxb [r2+0], r5
                        mov r0, 2
                        exit
                        drop:
                        mov r0, 1
                        exit
                        """))
            ])
        var sent: [[UInt8]] = []
        for round in 0..<300 {
            let bytes = frame(UInt8(truncatingIfNeeded: round), length: 60 + round * 4)
            sent.append(bytes)
            test.ports[0].inject(bytes)
        }
        test.settle()
        #expect(test.vale.ledger().drops.isEmpty)
        let received = test.ports[1].drain()
        #expect(received.count == sent.count)
        for (got, bytes) in zip(received, sent) {
            #expect(got.count == bytes.count - head + tail)
            #expect(got[0] == 119)
            let kept = max(14, head)
            let end = bytes.count + min(tail, 0)
            #expect(got[(kept - head)..<(end - head)].elementsEqual(bytes[kept..<end]))
            if tail > 0 { #expect(got.suffix(tail).allSatisfy { $0 == 0 }) }
        }
    }
}
