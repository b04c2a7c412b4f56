import PacketIO
import Switching
import Synchronization
import TestSupport
import Testing

@testable import Capture

/// What a capture holds, as tcpdump and tshark read it back.
struct CaptureTests {
    private typealias F = CaptureFixture

    @Test func everyFrameIsThereWithWhatBecameOfIt() throws {
        let test = try F(ports: 3)
        let capture = try test.capture()
        let frames = [
            F.frame(to: 1, 1, length: 60), F.frame(to: 254, 2, length: 1514), F.frame(to: 255, 3),
            F.frame(to: 77, 4, length: 61), F.frame(to: 0, 5, length: 62), [UInt8](repeating: 7, count: 9),
        ]
        for frame in frames {
            test.ports[0].inject(frame)
            test.settle()
        }
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        let expected = [frames[0], frames[0], frames[1], frames[1], frames[1]] + frames[2...]
        // tcpdump does not show what is shorter than a header.
        #expect(try Dissection.bytes(path).dropLast() == expected.dropLast())
        let packets = try Dissection.packets(path)
        #expect(
            packets.map(\.comment) == [
                "ingress=p0 egress=p1 outcome=forward", "ingress=p0 egress=p1 outcome=forward",
                "ingress=p0 outcome=broadcast", "ingress=p0 egress=p1 outcome=forward",
                "ingress=p0 egress=p2 outcome=forward", "ingress=p0 outcome=drop reason=program_drop",
                "ingress=p0 outcome=drop reason=no_such_port", "ingress=p0 outcome=drop reason=back_to_ingress",
                "ingress=p0 outcome=drop reason=runt",
            ])
        #expect(packets.map(\.interface) == ["p0", "p1", "p0", "p1", "p2", "p0", "p0", "p0", "p0"])
        #expect(packets.map { $0.direction.suffix(1) } == ["1", "2", "1", "2", "2", "1", "1", "1", "1"])
        #expect(packets.map(\.length) == expected.map { "\($0.count)" })
        #expect(packets.allSatisfy { $0.drops.isEmpty && $0.verdict.isEmpty && $0.captured == $0.length })
        #expect(capture.status == .init(isRunning: false, packets: 9, bytes: try folder.bytes("a.pcapng").count))
    }

    struct Case: Sendable {
        var direction = TapOptions.Direction.both
        var outcome = TapOptions.Outcome.any
        var ports: Set<String>?
        var filter: String?
        /// Of the frames, in their order: 1 goes to p1, 2 and 3 are dropped.
        var numbers: [Int]
    }

    @Test(arguments: [
        Case(direction: .in, numbers: [1, 2, 3]), Case(direction: .out, numbers: [1]), Case(numbers: [1, 1, 2, 3]),
        Case(direction: .in, outcome: .forwarded, numbers: [1]), Case(outcome: .dropped, numbers: [2, 3]),
        Case(direction: .out, outcome: .dropped, numbers: []), Case(ports: ["p1"], numbers: [1]),
        Case(ports: ["p1", "p0"], numbers: [1, 1, 2, 3]), Case(direction: .in, filter: "greater 200", numbers: [2]),
        Case(filter: "ether[15] = 0x6a", numbers: [1, 1]), Case(filter: "tcp", numbers: []),
    ])
    func onlyWhatIsWantedIsThere(wanted: Case) throws {
        let test = try F(ports: 2)
        let capture = try test.capture(
            ports: wanted.ports, direction: wanted.direction, outcome: wanted.outcome, filter: wanted.filter)
        let frames = [F.frame(to: 1, 1), F.frame(to: 255, 2, length: 300), F.frame(to: 9, 3)]
        for frame in frames {
            test.ports[0].inject(frame)
            test.settle()
        }
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(try Dissection.bytes(path) == wanted.numbers.map { frames[$0 - 1] })
        #expect(capture.status.packets == UInt64(wanted.numbers.count))
    }

    @Test func framesAreCutAtTheSnaplen() throws {
        let test = try F(ports: 2)
        let capture = try test.capture(direction: .in, snaplen: 100)
        for length in [99, 100, 101, 1514] {
            test.ports[0].inject(F.frame(to: 255, length: length))
            test.settle()
        }
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(try Dissection.packets(path).map(\.captured) == ["99", "100", "100", "100"])
        #expect(try Dissection.packets(path).map(\.length) == ["99", "100", "101", "1514"])
        #expect(try CaptureFile.frames(path: path).last == Array(F.frame(to: 255, length: 1514).prefix(100)))
    }

    @Test func largeFramesAreWhole() throws {
        let test = try F(ports: 2)
        let capture = try test.capture()
        let frame = F.frame(to: 1, length: 60_000)
        test.ports[0].inject(frame, offload: FrameOffload(flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448))
        test.settle()
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(try CaptureFile.frames(path: path) == [frame, frame])
    }

    @Test func verdictsOfXDPProgramsAreOptions() throws {
        let test = try F(ports: 2)
        // Byte 15 says it.
        let program = try test.program(
            """
            ldxw r2, [r1+0]
            ldxw r3, [r1+4]
            mov r4, r2
            add r4, 16
            mov r0, 0
            jgt r4, r3, done
            ldxb r0, [r2+15]
            done:
            exit
            """, .xdp)
        try test.vale.setChain("p0", [XDPAttachment(program)])
        let capture = try test.capture(direction: .in)
        var sent: [[UInt8]] = []
        for verdict: UInt8 in 0...5 {
            var frame = F.frame(to: 1)
            frame[15] = verdict
            sent.append(frame)
            test.ports[0].inject(frame)
            test.settle()
        }
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(try Dissection.bytes(path) == sent)
        let packets = try Dissection.packets(path)
        #expect(packets.map(\.verdict) == ["0", "1", "", "3", "4", ""])
        #expect(
            packets.map { $0.comment.dropFirst("ingress=p0 ".count) } == [
                "outcome=drop reason=xdp_aborted", "outcome=drop reason=xdp_drop", "egress=p1 outcome=forward",
                "outcome=xdp_tx", "outcome=drop reason=no_redirect_target", "outcome=drop reason=invalid_verdict",
            ])
    }

    /// A program that may change packets gets GSO frames cut: the capture has them as they came.
    @Test func framesThatAreCutForAProgramAreWhole() throws {
        let test = try F(ports: 2)
        let program = try test.program(
            """
            ldxw r2, [r1+0]
            ldxw r3, [r1+4]
            mov r4, r2
            add r4, 16
            mov r0, 1
            jgt r4, r3, done
            ldxb r0, [r2+5]
            stb [r2+5], 9
            done:
            exit
            """, .xdp)
        try test.vale.setChain("p0", [XDPAttachment(program)])
        let capture = try test.capture(direction: .in)
        // All of one burst: runts, frames, one with a GSO size, and one whose GSO size fits nothing.
        var tcp: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0x27, 0x38]
        tcp += [0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10]
        tcp += [UInt8](repeating: 0, count: 14 + 0x2738 - tcp.count)
        let gso = FrameOffload(
            flags: 1, gsoType: 1, headerLength: 54, gsoSize: 1448, checksumStart: 34, checksumOffset: 16)
        var dropped = F.frame(to: 1)
        dropped[5] = 1
        let runt = [UInt8](repeating: 1, count: 13)
        let sent: [([UInt8], FrameOffload)] = [
            (runt, .none), (dropped, .none), (F.frame(to: 1), gso), (tcp, gso), (runt, .none), (dropped, .none),
        ]
        for (bytes, offload) in sent { test.ports[0].inject(bytes, offload: offload) }
        test.settle()
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(try CaptureFile.frames(path: path) == sent.map(\.0))
        #expect(
            try Dissection.packets(path).map { $0.comment.dropFirst("ingress=p0 ".count) } == [
                "outcome=drop reason=runt", "outcome=drop reason=xdp_drop", "outcome=drop reason=bad_offload",
                "outcome=drop reason=no_such_port", "outcome=drop reason=runt", "outcome=drop reason=xdp_drop",
            ])
    }

    @Test func whatTheEgressRefusesIsNamed() throws {
        let test = try F(ports: 2)
        try test.vale.setAdminState("p1", isUp: false)
        let capture = try test.capture(direction: .out, outcome: .dropped)
        test.ports[0].inject(F.frame(to: 1))
        test.settle()
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(
            try Dissection.packets(path).map(\.comment) == ["ingress=p0 egress=p1 outcome=drop reason=egress_disabled"])
    }

    @Test func aLimitEndsIt() throws {
        let test = try F(ports: 2)
        let packets = try test.capture(direction: .in, limits: .init(packets: 5))
        let bytes = try test.capture(direction: .in, limits: .init(bytes: 10_000))
        let seconds = try test.capture(direction: .in, limits: .init(seconds: 0.05))
        #expect(eventually { !seconds.status.isRunning })
        for number in 0..<100 { test.ports[0].inject(F.frame(to: 255, number, length: 500)) }
        test.settle()
        #expect(eventually { !packets.status.isRunning && !bytes.status.isRunning })
        #expect(packets.status.packets == 5)
        #expect(seconds.status.packets == 0)
        #expect((1...20).contains(bytes.status.packets))
        let folder = try Folder()
        for (index, capture) in [packets, bytes].enumerated() {
            let path = try folder.write("\(index).pcapng", try capture.file())
            #expect(UInt64(try CaptureFile.frames(path: path).count) == capture.status.packets)
        }
    }

    @Test func whatFindsNoRoomIsCounted() throws {
        let test = try F(ports: 2)
        let capture = try test.capture(direction: .in, ringBytes: 4096)
        var sent = 0
        while capture.status.lost == 0 || sent < 2000 {
            for _ in 0..<500 where test.ports[0].inject(F.frame(to: 255, length: 900)) { sent += 1 }
            test.settle()
            try #require(sent < 1_000_000)
        }
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        let status = capture.status
        #expect(status.packets + status.lost == UInt64(sent))
        let named = try Dissection.packets(path).compactMap { UInt64($0.drops) }.reduce(0, +)
        #expect(named > 0 && named <= status.lost)
    }

    @Test func portsMayComeAndGo() throws {
        let test = try F(ports: 2)
        let capture = try test.capture(direction: .in)
        test.ports[0].inject(F.frame(to: 255, 1))
        test.settle()
        try test.vale.removePort("p0")
        try test.vale.addPort("other", .memory(test.ports[0]), number: 0)
        test.ports[0].inject(F.frame(to: 1, 2))
        test.settle()
        let folder = try Folder()
        let path = try folder.write("a.pcapng", try capture.file())
        #expect(try Dissection.packets(path).map(\.interface) == ["p0", "other"])
    }

    @Test func itEndsWithItsSwitch() throws {
        let test = try F(ports: 2)
        let capture = try test.capture(direction: .in)
        test.ports[0].inject(F.frame(to: 1))
        test.settle()
        try test.dataplane.removeSwitch("vale0")
        #expect(eventually { !capture.status.isRunning })
        #expect(capture.status.packets == 1)
    }

    @Test func aSwitchHasSoManyAtATime() throws {
        let test = try F(ports: 1)
        let captures = try (0..<VALESwitch.maximumTaps).map { _ in try test.capture() }
        #expect(throws: SwitchError.self) { try test.capture() }
        captures[3].stop()
        _ = try test.capture()
        #expect(throws: SwitchError.self) { try test.capture(ports: ["none"]) }
        let vale = try test.program("mov r0, 2\nexit", .vale)
        #expect(throws: SwitchError.self) { try test.vale.startTap(TapOptions(filter: vale)) }
    }

    @Test func readersAreWokenByWhatComes() throws {
        let test = try F(ports: 1)
        let capture = try test.capture()
        let begin = capture.byteCount
        let woken = Flag()
        capture.whenMore(than: begin) { woken.set() }
        test.ports[0].inject(F.frame(to: 255))
        #expect(eventually { woken.isSet })
        let (bytes, isLast) = try capture.read(at: begin, limit: 1 << 20)
        #expect(!bytes.isEmpty && !isLast)
        let atEnd = Flag()
        capture.whenMore(than: capture.byteCount) { atEnd.set() }
        capture.stop()
        #expect(eventually { atEnd.isSet })
    }
}

private final class Flag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
