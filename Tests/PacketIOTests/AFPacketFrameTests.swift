import PacketIO
import TestSupport
import Testing

/// Frames cross an AF_PACKET port byte for byte. Needs root.
@Suite struct AFPacketFrameTests {
    struct Shape: CustomTestStringConvertible, Sendable {
        var length: Int
        var tags: [(UInt16, UInt16)] = []
        var testDescription: String { "\(length) bytes, tags \(tags.map { String($0.0, radix: 16) })" }
    }

    static let shapes = [
        Shape(length: 14), Shape(length: 60), Shape(length: 1514),
        Shape(length: 64, tags: [(0x8100, 0x2064)]), Shape(length: 1518, tags: [(0x8100, 5)]),
        Shape(length: 64, tags: [(0x88a8, 0xefff)]),
        Shape(length: 68, tags: [(0x88a8, 100), (0x8100, 200)]),
        Shape(length: 68, tags: [(0x8100, 100), (0x8100, 200)]),
        Shape(length: 1522, tags: [(0x88a8, 100), (0x8100, 200)]),
        Shape(length: 72, tags: [(0x88a8, 1), (0x8100, 2), (0x8100, 3)]),
    ]

    @Test(arguments: shapes)
    func received(shape: Shape) throws {
        let fixture = try PortFixture(mtu: shape.length > 1518 ? 1508 : 1500)
        let bytes = Sample.frame(shape.length, tags: shape.tags)
        try fixture.tap.send(bytes)
        let frames = fixture.receive(count: 1)
        #expect(frames.map(\.bytes) == [bytes])
        #expect(frames.map(\.offload) == [.none])
        #expect(fixture.burst.drops.total == 0)
    }

    @Test(arguments: shapes)
    func transmitted(shape: Shape) throws {
        let fixture = try PortFixture(mtu: shape.length > 1518 ? 1508 : 1500)
        let bytes = Sample.frame(shape.length, tags: shape.tags)
        #expect(fixture.burst.transmit([bytes], to: fixture.io) == (1, shape.length))
        #expect(try fixture.tap.receive()?.bytes == bytes)
        #expect(fixture.burst.drops.total == 0)
    }

    @Test func burstsKeepTheirOrderAroundTheRing() throws {
        let fixture = try PortFixture(options: AFPacketOptions(receiveSlots: 64))
        var expected: [[UInt8]] = []
        var received: [[UInt8]] = []
        for turn in 0..<20 {
            for i in 0..<30 {
                let bytes = Sample.frame(60 + (turn * 97 + i * 53) % 1400, seed: turn * 30 + i)
                expected.append(bytes)
                try fixture.tap.send(bytes)
            }
            received += fixture.receive(count: 30).map(\.bytes)
        }
        #expect(received == expected)
        #expect(fixture.burst.transmit(Array(expected.prefix(200)), to: fixture.io).frames == 200)
        #expect(try fixture.tap.receive(count: 200).map(\.bytes) == Array(expected.prefix(200)))
    }

    @Test func moreThanOneBatchInOneCall() throws {
        let fixture = try PortFixture()
        let bytes = Sample.frame(100)
        try fixture.tap.send(bytes)
        let burst = fixture.burst
        while fixture.io.receive(burst.frames, limit: 256, drops: burst.drops) == 0 {}
        for i in 0..<600 { burst.selection[i] = 0 }
        #expect(
            fixture.io.transmit(burst.frames, burst.selection, count: 600, ring: 3, drops: burst.drops) == (600, 60_000)
        )
        fixture.io.release()
        let frames = try fixture.tap.receive(count: 600)
        #expect(frames.count == 600)
        #expect(frames.allSatisfy { $0.bytes == bytes })
    }

    /// Frames that nobody has read yet stay as they are when their slots of the TX ring are filled again.
    @Test func sentFramesDoNotChange() throws {
        let fixture = try PortFixture(options: AFPacketOptions(transmitSlots: 16))
        var expected: [[UInt8]] = []
        for turn in 0..<20 {
            let frames = (0..<100).map { Sample.frame(1000 + $0, seed: turn * 100 + $0) }
            #expect(fixture.burst.transmit(frames, to: fixture.io).frames == 100)
            expected += frames
        }
        #expect(try fixture.tap.receive(count: 2000).map(\.bytes) == expected)
    }

    @Test func framesOfThePortItselfDoNotComeBack() throws {
        let fixture = try PortFixture()
        #expect(fixture.burst.transmit([Sample.frame(60)], to: fixture.io).frames == 1)
        #expect(try fixture.tap.receive() != nil)
        #expect(fixture.receive(count: 1, timeoutMs: 50).isEmpty)
    }

    /// Room in front that a program may grow into, without touching what the kernel needs of the slot.
    @Test func headroomIsWritable() throws {
        let fixture = try PortFixture(options: AFPacketOptions(receiveSlots: 16))
        let bytes = Sample.frame(64, tags: [(0x8100, 7)])
        for turn in 0..<100 {
            try fixture.tap.send(bytes)
            let burst = fixture.burst
            while fixture.io.receive(burst.frames, limit: 1, drops: burst.drops) == 0 {}
            #expect(burst.bytes(0) == bytes, "turn \(turn)")
            (burst.frames[0].bytes - PortIO.headroom).initializeMemory(
                as: UInt8.self, repeating: 0xff, count: PortIO.headroom)
            burst.frames[0].bytes -= PortIO.headroom - 16
            burst.frames[0].length += UInt32(PortIO.headroom - 16)
            burst.selection[0] = 0
            #expect(
                fixture.io.transmit(burst.frames, burst.selection, count: 1, ring: 0, drops: burst.drops).frames == 1)
            fixture.io.release()
            #expect(try fixture.tap.receive()?.bytes.suffix(64).elementsEqual(bytes) == true)
        }
    }
}
