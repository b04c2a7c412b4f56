import Glibc
import PacketIO
import TestSupport
import Testing

/// What an AF_PACKET port cannot pass on is counted exactly, by reason. Needs root.
@Suite struct AFPacketDropTests {
    /// `rxRingFull` is what the sender sent less what was received, whenever the kernel is asked.
    @Test func ringOverflow() throws {
        let fixture = try PortFixture(options: AFPacketOptions(receiveSlots: 32))
        var received = 0
        for turn in 1...3 {
            for i in 0..<100 { try fixture.tap.send(Sample.frame(64, seed: i)) }
            let isAccountedFor = eventually {
                received += fixture.receive(count: 100, timeoutMs: 50).count
                fixture.io.collectKernelDrops(fixture.burst.drops)
                return received + Int(fixture.burst.drops[.rxRingFull]) == turn * 100
            }
            #expect(isAccountedFor)
            #expect(received < turn * 100)
        }
        #expect(fixture.burst.drops.total == fixture.burst.drops[.rxRingFull])
    }

    /// A frame that fits neither slot nor queue is not handed on cut off.
    @Test func truncated() throws {
        let fixture = try PortFixture(options: AFPacketOptions(receiveQueueBytes: 4096))
        let segment = AFPacketOffloadTests.Segment(payload: 30_000)
        for _ in 0..<5 { try fixture.tap.send(segment.bytes, header: segment.header) }
        var frames = fixture.receive(count: 1)
        #expect(
            eventually {
                frames += fixture.receive(count: 5, timeoutMs: 50)
                return fixture.burst.drops[.rxTruncated] == 4
            })
        #expect(frames.map(\.bytes) == [segment.bytes])
        #expect(fixture.burst.drops.total == 4)
        // Slots and queue still belong together.
        try fixture.tap.send(segment.bytes, header: segment.header)
        #expect(fixture.receive(count: 1).map(\.bytes) == [segment.bytes])
    }

    @Test func oversize() throws {
        let fixture = try PortFixture()
        let frames = [Sample.frame(60), Sample.frame(1515), Sample.frame(2000), Sample.frame(1514)]
        #expect(fixture.burst.transmit(frames, to: fixture.io) == (2, 1574))
        #expect(fixture.burst.drops[.oversize] == 2)
        #expect(fixture.burst.drops.total == 2)
        #expect(try fixture.tap.receive(count: 2).map(\.bytes) == [frames[0], frames[3]])
    }

    /// The MTU changes while the port is open.
    @Test func oversizeFollowsTheMTU() throws {
        let fixture = try PortFixture()
        let frames = [Sample.frame(60), Sample.frame(1300), Sample.frame(61)]
        try fixture.inside.ip("link", "set", "p0", "mtu", "1200")
        try fixture.outside.ip("link", "set", "eth0", "mtu", "1200")
        #expect(fixture.burst.transmit(frames, to: fixture.io) == (2, 121))
        #expect(fixture.burst.drops[.oversize] == 1)
        #expect(try fixture.tap.receive(count: 2).map(\.bytes.count) == [60, 61])

        try fixture.inside.ip("link", "set", "p0", "mtu", "4000")
        try fixture.outside.ip("link", "set", "eth0", "mtu", "4000")
        for length in [1300, 4014, 1300] {
            #expect(fixture.burst.transmit([Sample.frame(length)], to: fixture.io) == (1, length))
            #expect(try fixture.tap.receive()?.bytes == Sample.frame(length))
        }
        try fixture.tap.send(Sample.frame(4014))
        #expect(fixture.receive(count: 1).map(\.bytes) == [Sample.frame(4014)])
        #expect(fixture.burst.drops.total == 1)
    }

    /// What the kernel finds malformed: a frame without a whole Ethernet header, an offset behind the end.
    @Test func refused() throws {
        let fixture = try PortFixture()
        #expect(fixture.burst.transmit([Sample.frame(60), [1, 2, 3], Sample.frame(61)], to: fixture.io) == (2, 121))
        #expect(fixture.burst.drops[.txRefused] == 1)
        let offload = FrameOffload(flags: 1, checksumStart: 2000, checksumOffset: 16)
        #expect(fixture.burst.transmit([Sample.frame(60)], offload: offload, to: fixture.io) == (0, 0))
        #expect(fixture.burst.drops[.txRefused] == 2)
        #expect(fixture.burst.drops.total == 2)
        #expect(try fixture.tap.receive(count: 2).map(\.bytes.count) == [60, 61])
    }

    /// A queueing discipline that lets nothing out keeps what fits and refuses the rest.
    @Test func queueFull() throws {
        let fixture = try PortFixture(options: AFPacketOptions(qdiscBypass: false))
        try fixture.inside.run(
            "tc", "qdisc", "add", "dev", "p0", "root", "tbf", "rate", "8kbit", "burst", "1600", "limit", "3000")
        let sent = fixture.burst.transmit(
            (0..<50).map { Sample.frame(1000, seed: $0) }, to: fixture.io)
        #expect(sent.frames >= 1 && sent.frames < 10)
        #expect(sent.bytes == sent.frames * 1000)
        #expect(Int(fixture.burst.drops[.txQueueFull]) == 50 - sent.frames)
        #expect(Int(fixture.burst.drops.total) == 50 - sent.frames)
    }

    /// Frames that the device has not sent keep their slots of the TX ring.
    @Test func transmitRingFull() throws {
        let fixture = try PortFixture(options: AFPacketOptions(transmitSlots: 16, qdiscBypass: false))
        try fixture.inside.run(
            "tc", "qdisc", "add", "dev", "p0", "root", "tbf", "rate", "8kbit", "burst", "1600", "limit", "1000000")
        var sent = 0
        for _ in 0..<3 {
            sent += fixture.burst.transmit((0..<50).map { Sample.frame(1000, seed: $0) }, to: fixture.io).frames
        }
        // A slot more than asked for where the pages have room, and what may go at once.
        #expect(sent >= 16 && sent <= 20)
        #expect(sent + Int(fixture.burst.drops[.txQueueFull]) == 150)
        #expect(sent + Int(fixture.burst.drops.total) == 150)
        try fixture.inside.run("tc", "qdisc", "delete", "dev", "p0", "root")
        #expect(fixture.burst.transmit([Sample.frame(61)], to: fixture.io).frames == 1)
        var lengths: [Int] = []
        while lengths.last != 61, let frame = try fixture.tap.receive() { lengths.append(frame.bytes.count) }
        #expect(lengths.last == 61)
    }

    /// The far end counts as many as the port says it has transmitted.
    @Test(arguments: [true, false])
    func transmittedIsWhatArrives(qdiscBypass: Bool) throws {
        let fixture = try PortFixture(options: AFPacketOptions(qdiscBypass: qdiscBypass))
        let before = try fixture.outside.statistic("rx_packets", of: "eth0")
        var sent = 0
        var bytes = 0
        for turn in 0..<40 {
            let result = fixture.burst.transmit(
                (0..<256).map { Sample.frame(14 + ($0 * 7 + turn) % 1600) }, to: fixture.io)
            sent += result.frames
            bytes += result.bytes
        }
        #expect(sent + Int(fixture.burst.drops.total) == 40 * 256)
        #expect(fixture.burst.drops[.oversize] > 0)
        #expect(try fixture.outside.statistic("rx_packets", of: "eth0") - before == UInt64(sent))
    }
}
