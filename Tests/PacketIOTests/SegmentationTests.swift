import TestSupport
import Testing

@testable import PacketIO

/// GSO frames are cut, and partial checksums completed, as the kernel does it.
@Suite struct SegmentationTests {
    static let segments = AFPacketOffloadTests.segments

    /// Calls `body` with a frame in memory of its own.
    private func with<Result>(
        _ bytes: [UInt8], _ offload: FrameOffload, _ body: (inout Frame) throws -> Result
    ) rethrows -> Result {
        var bytes = bytes
        return try bytes.withUnsafeMutableBytes { buffer in
            var frame = Frame(bytes: buffer.baseAddress!, length: UInt32(buffer.count), offload: offload)
            return try body(&frame)
        }
    }

    private func cut(_ bytes: [UInt8], _ offload: FrameOffload) -> [[UInt8]]? {
        with(bytes, offload) { frame in
            guard let segmentation = Segmentation(frame) else { return nil }
            return (0..<segmentation.count).map { index in
                var target = [UInt8](repeating: 0, count: segmentation.longest)
                let written = target.withUnsafeMutableBytes { segmentation.write(index, to: $0.baseAddress!) }
                return Array(target.prefix(written))
            }
        }
    }

    /// What a device that neither segments nor checksums puts on the wire. Needs root.
    @Test(arguments: segments)
    func asTheKernel(segment: AFPacketOffloadTests.Segment) throws {
        let fixture = try PortFixture()
        try fixture.inside.run("ethtool", "-K", "p0", "tx", "off", "tso", "off", "gso", "off", "sg", "off")
        #expect(
            fixture.burst.transmit([segment.bytes], offload: segment.offload, to: fixture.io)
                == (1, segment.bytes.count))
        let wire = try fixture.tap.receive(count: 100, timeoutMs: 200).map(\.bytes)
        if segment.offload.gsoType == 0 {
            let completed = with(segment.bytes, segment.offload) { frame in
                let isComplete = frame.completeChecksum()
                #expect(isComplete)
                #expect(frame.offload == .none)
                return Array(UnsafeRawBufferPointer(start: frame.bytes, count: Int(frame.length)))
            }
            #expect(wire == [completed])
        } else {
            #expect(cut(segment.bytes, segment.offload) == wire)
        }
    }

    @Test func flagsBelongToTheirSegment() throws {
        var (bytes, tcp) = Sample.tcp(payload: 3000)
        // CWR, PSH, FIN, ACK
        bytes[tcp + 13] = 0x80 | 0x08 | 0x01 | 0x10
        let offload = FrameOffload(
            flags: 1, gsoType: 1 | 0x80, headerLength: UInt16(tcp + 20), gsoSize: 1000, checksumStart: UInt16(tcp),
            checksumOffset: 16)
        let segments = try #require(cut(bytes, offload))
        #expect(segments.map { $0[tcp + 13] } == [0x90, 0x10, 0x19])
        #expect(segments.map { Array($0[tcp + 4..<tcp + 8]) } == [[0, 0, 0, 1], [0, 0, 3, 0xe9], [0, 0, 7, 0xd1]])
        #expect(segments.map { Array($0[18..<20]) } == [[0, 1], [0, 2], [0, 3]])
    }

    @Test(arguments: [false, true])
    func datagrams(ipv6: Bool) throws {
        // The addresses and lengths of a TCP segment, with the header of UDP in front of the payload.
        let (tcp, start) = Sample.tcp(payload: 2500, ipv6: ipv6)
        var bytes = Array(tcp[..<start]) + [0x30, 0x39, 0, 53] + Sample.big16(2508) + [0, 0] + tcp[(start + 20)...]
        let ip = 14
        if ipv6 {
            bytes.replaceSubrange(ip + 4..<ip + 7, with: Sample.big16(2508) + [17])
        } else {
            bytes.replaceSubrange(ip + 2..<ip + 4, with: Sample.big16(2528))
            bytes[ip + 9] = 17
        }
        let addresses = Array(ipv6 ? bytes[start - 32..<start] : bytes[start - 8..<start])
        bytes.replaceSubrange(
            start + 6..<start + 8, with: Sample.big16(Sample.sum(addresses + [0, 17] + Sample.big16(2508))))
        let offload = FrameOffload(
            flags: 1, gsoType: 5, headerLength: UInt16(start + 8), gsoSize: 1200, checksumStart: UInt16(start),
            checksumOffset: 6)
        let segments = try #require(cut(bytes, offload))
        #expect(segments.map(\.count) == [1200, 1200, 100].map { $0 + start + 8 })
        #expect(segments.flatMap { $0[(start + 8)...] } == Array(bytes[(start + 8)...]))
        for segment in segments {
            let length = segment.count - start
            #expect(Array(segment[start + 4..<start + 6]) == Sample.big16(length))
            #expect(Sample.sum(addresses + [0, 17] + Sample.big16(length) + segment[start...]) == 0xffff)
            let header = segment[ip..<start]
            if ipv6 {
                #expect(Array(header.dropFirst(4).prefix(2)) == Sample.big16(length))
            } else {
                #expect(Array(header.dropFirst(2).prefix(2)) == Sample.big16(length + 20))
                #expect(Sample.sum(header) == 0xffff)
            }
        }
    }

    /// What the offload speaks of is not there: refused, and nothing outside the frame is touched.
    @Test func hostileOffloads() {
        var random = SystemRandomNumberGenerator()
        let kinds = [Sample.tcp(payload: 300).bytes, Sample.tcp(payload: 300, ipv6: true, tags: [(0x8100, 5)]).bytes]
        var cuts = 0
        for round in 0..<20_000 {
            var bytes = kinds[round & 1]
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<min(80, bytes.count), using: &random)] = .random(in: 0...255, using: &random)
            }
            guard !bytes.isEmpty else { continue }
            let offload = FrameOffload(
                flags: 1, gsoType: [1, 3, 4, 5, 0x81, 77].randomElement(using: &random)!,
                headerLength: .random(in: 0...100, using: &random), gsoSize: .random(in: 0...500, using: &random),
                checksumStart: Bool.random(using: &random) ? 34 : .random(in: 0...400, using: &random),
                checksumOffset: [16, 6, 0, 65535].randomElement(using: &random)!)
            if let segments = cut(bytes, offload) {
                cuts += 1
                #expect(segments.allSatisfy { $0.count <= bytes.count })
            }
            let untouched = with(bytes, offload) { frame in
                frame.completeChecksum()
                    || Array(UnsafeRawBufferPointer(start: frame.bytes, count: Int(frame.length))) == bytes
            }
            #expect(untouched)
        }
        #expect(cuts > 100)
    }
}
