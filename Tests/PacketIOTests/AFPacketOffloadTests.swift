import PacketIO
import TestSupport
import Testing

/// Partial checksums and GSO frames cross an AF_PACKET port. Needs root.
@Suite struct AFPacketOffloadTests {
    struct Segment: CustomTestStringConvertible, Sendable {
        var payload: Int
        var ipv6 = false
        var tags: [(UInt16, UInt16)] = []
        var testDescription: String { "\(ipv6 ? "IPv6" : "IPv4"), \(payload) bytes, \(tags.count) tags" }

        var bytes: [UInt8] { Sample.tcp(payload: payload, ipv6: ipv6, tags: tags).bytes }
        var tcpOffset: Int { Sample.tcp(payload: 0, ipv6: ipv6, tags: tags).tcpOffset }

        var offload: FrameOffload {
            let large = payload > 1400
            return FrameOffload(
                flags: FrameOffload.needsChecksum, gsoType: large ? ipv6 ? 4 : 1 : 0,
                headerLength: large ? UInt16(tcpOffset + 20) : 0, gsoSize: large ? 1400 : 0,
                checksumStart: UInt16(tcpOffset), checksumOffset: 16)
        }

        var header: [UInt8] { withUnsafeBytes(of: offload) { Array($0) } }
    }

    static let segments = [false, true].flatMap { ipv6 in
        [[], [(0x8100, 10)], [(0x88a8, 10), (0x8100, 20)]].flatMap { tags in
            [100, 20_000, 65_000].map { Segment(payload: $0, ipv6: ipv6, tags: tags) }
        }
    }

    @Test(arguments: segments)
    func received(segment: Segment) throws {
        let fixture = try PortFixture()
        try fixture.tap.send(segment.bytes, header: segment.header)
        let frames = fixture.receive(count: 1)
        #expect(fixture.burst.drops.total == 0)
        try #require(frames.count >= 1)
        let offload = frames[0].offload
        if segment.tags.count == 2 && segment.payload > 1400 {
            // A device that does not segment double-tagged frames gets them segmented.
            let all = frames + fixture.receive(count: 100, timeoutMs: 100)
            expectSegments(all.map { ($0.bytes, $0.offload.flags) }, of: segment)
        } else {
            #expect(frames[0].bytes == segment.bytes)
            #expect(offload.flags & 1 == 1)
            #expect(Int(offload.checksumStart) == segment.tcpOffset)
            #expect(offload.checksumOffset == 16)
            #expect(offload.gsoType == segment.offload.gsoType)
            #expect(offload.gsoSize == segment.offload.gsoSize)
        }
    }

    @Test(arguments: segments)
    func transmitted(segment: Segment) throws {
        let fixture = try PortFixture()
        #expect(
            fixture.burst.transmit([segment.bytes], offload: segment.offload, to: fixture.io)
                == (1, segment.bytes.count))
        try expectArrival(segment, at: fixture.tap)
    }

    /// The egress can neither segment nor checksum: the kernel does it before the wire.
    @Test(arguments: segments)
    func transmittedWithoutOffloads(segment: Segment) throws {
        let fixture = try PortFixture()
        try fixture.inside.run("ethtool", "-K", "p0", "tx", "off", "tso", "off", "gso", "off", "sg", "off")
        #expect(
            fixture.burst.transmit([segment.bytes], offload: segment.offload, to: fixture.io)
                == (1, segment.bytes.count))
        let frames = try fixture.tap.receive(count: 100, timeoutMs: 100)
        #expect(frames.allSatisfy { !$0.hasPartialChecksum && $0.segmentBytes == 0 && $0.bytes.count <= 1522 })
        expectSegments(frames.map { ($0.bytes, 0) }, of: segment)
    }

    /// One burst of GSO and plain frames arrives in its order.
    @Test func mixedBurstKeepsItsOrder() throws {
        let fixture = try PortFixture()
        let large = Segment(payload: 30_000)
        let small = Segment(payload: 50)
        try fixture.tap.send(large.bytes, header: large.header)
        try fixture.tap.send(small.bytes, header: small.header)
        try fixture.tap.send(large.bytes, header: large.header)
        let burst = fixture.burst
        var count = 0
        while count < 3 { count += fixture.io.receive(burst.frames + count, limit: 8, drops: burst.drops) }
        for (position, index) in [1, 0, 1, 2, 1, 1].enumerated() { burst.selection[position] = UInt16(index) }
        let sent = fixture.io.transmit(burst.frames, burst.selection, count: 6, ring: 0, drops: burst.drops)
        fixture.io.release()
        #expect(sent == (6, 2 * large.bytes.count + 4 * small.bytes.count))
        let lengths = try fixture.tap.receive(count: 6).map(\.bytes.count)
        let (l, s) = (large.bytes.count, small.bytes.count)
        #expect(lengths == [s, l, s, l, s, s])
    }

    /// More large frames than a burst holds: none is lost, none truncated.
    @Test func manyLargeFrames() throws {
        let fixture = try PortFixture(options: AFPacketOptions(largeFrames: 4))
        let large = Segment(payload: 65_000)
        let small = Segment(payload: 10)
        for _ in 0..<15 {
            try fixture.tap.send(large.bytes, header: large.header)
            try fixture.tap.send(small.bytes, header: small.header)
        }
        let frames = fixture.receive(count: 30)
        #expect(frames.map(\.bytes.count) == (0..<30).map { $0 % 2 == 0 ? large.bytes.count : small.bytes.count })
        #expect(frames.enumerated().allSatisfy { $1.bytes == ($0 % 2 == 0 ? large.bytes : small.bytes) })
        #expect(fixture.burst.drops.total == 0)
    }

    private func expectArrival(_ segment: Segment, at tap: PacketTap) throws {
        let frame = try #require(try tap.receive())
        if segment.tags.count == 2 && segment.payload > 1400 {
            let frames = [frame] + (try tap.receive(count: 100, timeoutMs: 100))
            expectSegments(frames.map { ($0.bytes, $0.header[0]) }, of: segment)
        } else {
            #expect(frame.bytes == segment.bytes)
            #expect(frame.hasPartialChecksum)
            #expect(frame.segmentBytes == Int(segment.offload.gsoSize))
        }
    }

    /// The frames are the segments of `segment`: payload complete and in order, checksums right unless partial.
    private func expectSegments(_ frames: [(bytes: [UInt8], flags: UInt8)], of segment: Segment) {
        let tcp = segment.tcpOffset
        let payload = frames.flatMap { $0.bytes.dropFirst(tcp + 20) }
        #expect(payload.elementsEqual(segment.bytes.dropFirst(tcp + 20)))
        for (bytes, flags) in frames {
            #expect(
                bytes.prefix(12 + 4 * segment.tags.count).elementsEqual(
                    segment.bytes.prefix(12 + 4 * segment.tags.count)))
            guard flags & 1 == 0 else { continue }
            let addresses = segment.ipv6 ? bytes[tcp - 32..<tcp] : bytes[tcp - 8..<tcp]
            let pseudo = Array(addresses) + [0, 6] + Sample.big16(bytes.count - tcp)
            #expect(Sample.sum(pseudo + bytes[tcp...]) == 0xffff)
        }
    }
}
