import CBaselines
import Engine
import Glibc
import Measuring
import PacketIO
import Subjects
import Switching

/// A switch with two ports in memory, its worker on one core. This thread, on another, keeps port 0 full and port 1 empty.
final class SwalePorts {
    private static let room = 2 * ForwardingScenario.burst

    private let dataplane: Dataplane
    private let vale: VALESwitch
    private let ports: [MemoryPort]
    private let frames: FrameSet

    init(_ scenario: ForwardingScenario, folder: String) throws {
        let cpu = sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1
        guard cpu > 0, baseline_keep_off(Int32(cpu)) == 0 else {
            throw Failure("the dataplane's thread needs a CPU for itself")
        }
        dataplane = try Dataplane(options: DataplaneOptions(pinning: .cpu(cpu), busyPoll: true))
        let object = try SwaleObject(path: "\(folder)/programs-vale.o", engine: .best, domain: dataplane.domain)
        vale = try dataplane.createSwitch("bench")
        ports = (0..<2).map { _ in
            MemoryPort(
                receiveFrames: Self.room, transmitFrames: Self.room, bytes: Self.room * (scenario.length + 320))
        }
        for (number, port) in ports.enumerated() { _ = try vale.addPort("p\(number)", .memory(port)) }
        try vale.setProgram(try object.program(scenario.program, type: .vale))

        frames = FrameSet(scenario, isAnswer: false)
        let answers = FrameSet(scenario, isAnswer: true)
        guard answers.inject(0..<ForwardingScenario.burst, to: ports[1]) == ForwardingScenario.burst else {
            throw Failure("no room for the answers")
        }
        while ports[1].injectedCount > 0 { usleep(100) }
        drain()
    }

    deinit {
        dataplane.stop()
        for port in ports { port.close() }
    }

    @discardableResult
    private func drain() -> Int {
        ports[0].drain(limit: .max) { _, _ in }
        return ports[1].drain(limit: .max) { _, _ in }
    }

    /// No more frames are under way than port 1 has room for: none is dropped.
    var subject: Subject {
        .timed(operations: ForwardingScenario.burst) { [self] repeats in
            let total = repeats * ForwardingScenario.burst
            var injected = 0
            var sent = 0
            var idle = 0
            while sent < total {
                let next = injected % ForwardingScenario.burst
                let room = min(total - injected, Self.room - (injected - sent))
                injected += frames.inject(next..<min(next + room, ForwardingScenario.burst), to: ports[0])
                let drained = drain()
                sent += drained
                idle = drained > 0 ? 0 : idle + 1
                if idle > 100_000_000 { throw Failure("\(total - sent) frames were lost") }
            }
        }
    }
}
