import Glibc
import PacketIO
import Switching
import TestSupport
import Testing

@Suite("Idle") struct IdleTests {
    /// Whether the worker takes less than 1 % of a CPU. A machine that is short of CPUs charges what it takes from a
    /// thread to it: one quiet second of several tells.
    private func sleeps(_ dataplane: Dataplane) -> Bool {
        usleep(200_000)
        return (0..<10).contains { _ in load(dataplane, seconds: 1) < 0.01 }
    }

    /// CPU time of the worker over a while, as a part of the time that passed.
    private func load(_ dataplane: Dataplane, seconds: Double) -> Double {
        let before = dataplane.cpuNanoseconds
        usleep(UInt32(seconds * 1_000_000))
        return Double(dataplane.cpuNanoseconds - before) / 1e9 / seconds
    }

    @Test(arguments: [0, 2, 254])
    func sleepsWithoutFrames(ports: Int) throws {
        let test = try TestSwitch(ports: ports, program: Source.constant(254)) {
            MemoryPort(receiveFrames: 64, transmitFrames: 64, bytes: 4096)
        }
        if ports > 1 {
            test.ports[0].inject(frame(verdict: 0))
            test.settle()
        }
        #expect(sleeps(test.dataplane))
    }

    @Test func wakesForOneFrame() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        for i in 0..<50 {
            usleep(UInt32(i % 5) * 2000)
            test.ports[0].inject(frame(verdict: 0, tag: UInt64(i)))
            #expect(eventually { test.ports[1].transmittedCount == 1 })
            #expect(test.ports[1].drain().map(tag(of:)) == [UInt64(i)])
        }
        test.expectBalance()
    }

    @Test func busyPollingUsesACPU() throws {
        let test = try TestSwitch(
            ports: 2, program: Source.constant(1), options: DataplaneOptions(pinning: .none, busyPoll: true))
        #expect(load(test.dataplane, seconds: 0.5) > 0.02)
        test.ports[0].inject(frame(verdict: 0))
        test.settle()
        #expect(test.ports[1].drain().count == 1)
        test.dataplane.stop()
    }

    /// Its eventfd is readable for ever, though there are no frames.
    @Test func aDescriptorThatIsAlwaysReadyDoesNotSpin() throws {
        let test = try TestSwitch(ports: 3, program: Source.constant(1))
        var one: UInt64 = 1
        #expect(write(test.ports[2].descriptor, &one, 8) == 8)
        #expect(sleeps(test.dataplane))
        // The others go on, and so does it, at the ticks at least.
        test.ports[0].inject(frame(verdict: 0, tag: 1))
        #expect(eventually { test.ports[1].transmittedCount == 1 })
        test.ports[2].inject(frame(verdict: 0, tag: 2))
        #expect(eventually { test.ports[1].transmittedCount == 2 })
        test.expectBalance()
    }

    /// Its descriptor can't be watched: a regular file is in its place.
    @Test func aDescriptorThatIsRefusedDoesNotSpin() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        let faulty = MemoryPort()
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        dup2(file, faulty.descriptor)
        close(file)
        try test.add(faulty)
        #expect(sleeps(test.dataplane))
        test.ports[0].inject(frame(verdict: 0, tag: 1))
        #expect(eventually { test.ports[1].transmittedCount == 1 })
        // It is looked at each tick.
        faulty.inject(frame(verdict: 0, tag: 2))
        #expect(eventually { test.ports[1].transmittedCount == 2 })
    }

    @Test func nothingMovesAfterStop() throws {
        let test = try TestSwitch(ports: 2, program: Source.constant(1))
        test.ports[0].inject(frame(verdict: 0))
        test.settle()
        test.dataplane.stop()
        test.dataplane.stop()
        #expect(test.dataplane.switches.isEmpty)
        test.ports[0].inject(frame(verdict: 0))
        usleep(50_000)
        #expect(test.ports[0].injectedCount == 1)
        #expect(test.vale.ledger().transmitted == 1)
    }
}
