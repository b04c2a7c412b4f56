import Foundation
import PacketIO
import Synchronization
import Testing

@Suite struct MemoryPortTests {
    let burst = Burst()

    static func readable(_ descriptor: Int32, withinMs timeout: Int32 = 0) -> Bool {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptors, 1, timeout) == 1
    }

    @Test(arguments: [1, 14, 60, 1514, 65_549])
    func frameOfAnyLengthComesOutAsItWentIn(length: Int) {
        let port = MemoryPort()
        defer { port.close() }
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let offload = FrameOffload(
            flags: 1, gsoType: 4, headerLength: 74, gsoSize: 1428, checksumStart: 54, checksumOffset: 16)
        #expect(port.inject(bytes, offload: offload))
        let received = burst.receive(from: .memory(port))
        #expect(received.count == 1)
        #expect(received.first?.bytes == bytes)
        #expect(received.first?.offload == offload)

        let sent = burst.transmit([bytes], offload: offload, to: .memory(port))
        #expect(sent == (1, length))
        let drained = port.drainFrames()
        #expect(drained.map(\.bytes) == [bytes])
        #expect(drained.map(\.offload) == [offload])
        #expect(burst.drops.total == 0)
    }

    @Test func order() {
        let port = MemoryPort(bytes: 1 << 16)
        defer { port.close() }
        var expected: [[UInt8]] = []
        var received: [[UInt8]] = []
        // Several turns around the ring, with records of changing sizes.
        for turn in 0..<50 {
            for i in 0..<20 {
                let bytes = [UInt8](
                    repeating: UInt8(truncatingIfNeeded: turn * 5 + i), count: 14 + (turn * 131 + i * 89) % 1500)
                #expect(port.inject(bytes))
                expected.append(bytes)
            }
            received += burst.receive(from: .memory(port), limit: 13).map(\.bytes)
            received += burst.receive(from: .memory(port)).map(\.bytes)
        }
        #expect(received == expected)
    }

    @Test func framesStayUntilRelease() {
        let port = MemoryPort(receiveFrames: 2)
        defer { port.close() }
        #expect(port.inject([1, 2, 3]))
        #expect(port.inject([4, 5, 6]))
        #expect(port.receive(burst.frames, limit: 1, drops: burst.drops) == 1)
        #expect(port.receive(burst.frames + 1, limit: 5, drops: burst.drops) == 1)
        #expect(!port.inject([7]))
        #expect(burst.bytes(0) == [1, 2, 3])
        #expect(burst.bytes(1) == [4, 5, 6])
        port.release()
        #expect(port.inject([7]))
    }

    @Test func fullQueueIsANamedDrop() {
        let port = MemoryPort(transmitFrames: 5)
        defer { port.close() }
        let sent = burst.transmit((0..<8).map { [UInt8](repeating: $0, count: 60) }, to: .memory(port))
        #expect(sent == (5, 300))
        #expect(burst.drops[.txQueueFull] == 3)
        #expect(port.drain().map { $0[0] } == [0, 1, 2, 3, 4])
        #expect(burst.transmit([[9]], to: .memory(port)) == (1, 1))
    }

    @Test func oversizeUnlessSegmented() {
        let port = MemoryPort(maximumFrameBytes: 1514)
        defer { port.close() }
        let long = [UInt8](repeating: 1, count: 1515)
        #expect(burst.transmit([long, [UInt8](repeating: 2, count: 1514)], to: .memory(port)) == (1, 1514))
        #expect(burst.drops[.oversize] == 1)
        #expect(burst.transmit([long], offload: FrameOffload(gsoType: 1), to: .memory(port)) == (1, 1515))
    }

    @Test func linkDown() {
        let port = MemoryPort()
        defer { port.close() }
        port.setLinkState(.down)
        #expect(PortIO.memory(port).linkState == .down)
        #expect(port.inject([1]))
        #expect(burst.receive(from: .memory(port)).isEmpty)
        #expect(burst.transmit([[1], [2]], to: .memory(port)) == (0, 0))
        #expect(burst.drops[.linkDown] == 2)
        port.setLinkState(.up)
        #expect(burst.receive(from: .memory(port)).map(\.bytes) == [[1]])
    }

    @Test func descriptorIsReadableWhenFramesCameAfterAnEmptyReceive() {
        let port = MemoryPort()
        defer { port.close() }
        for turn in 0..<3 {
            #expect(burst.receive(from: .memory(port)).isEmpty)
            #expect(!Self.readable(port.descriptor), "turn \(turn)")
            port.inject([1])
            #expect(Self.readable(port.descriptor), "turn \(turn)")
            #expect(burst.receive(from: .memory(port)).count == 1)
        }
    }

    // On threads of their own: in the cooperative pool either side may wait for a thread while the other waits for it.
    @Test func sleepingWorkerMissesNothing() {
        let port = MemoryPort(receiveFrames: 64)
        defer { port.close() }
        let total = 20_000
        let gaveUp = Atomic<Bool>(false)
        let injected = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            var next = 0
            while next < total && !gaveUp.load(ordering: .relaxed) {
                if port.inject([UInt8(next & 255)]) { next += 1 } else { sched_yield() }
            }
            injected.signal()
        }
        var sum = 0
        var count = 0
        while count < total {
            let received = burst.receive(from: .memory(port))
            count += received.count
            for frame in received { sum += Int(frame.bytes[0]) }
            if received.isEmpty && !Self.readable(port.descriptor, withinMs: 30_000) { break }
        }
        gaveUp.store(true, ordering: .relaxed)
        injected.wait()
        #expect(count == total)
        #expect(sum == (0..<total).reduce(0) { $0 + $1 & 255 })
    }
}
