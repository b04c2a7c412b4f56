import CBaselines
import Measuring

/// The same in C, in one thread: bursts from one ring to another in the caches, the program's code and its maps inlined,
/// one copy of each frame.
final class NativePorts {
    let name = "C, all inlined"
    private let program: native_burst
    private let length: Int
    private let frames: FrameSet
    private let sent: FrameSet

    init(_ scenario: ForwardingScenario) throws {
        guard let program = baseline_fused(scenario.program) else { throw Failure("no native \(scenario.program)") }
        self.program = program
        length = scenario.length
        frames = FrameSet(scenario, isAnswer: false)
        sent = FrameSet(scenario, isAnswer: false)
        learn(FrameSet(scenario, isAnswer: true))
        guard forward() == ForwardingScenario.burst else { throw Failure("not all frames were sent in C") }
    }

    private static func ring(_ set: FrameSet) -> native_ring {
        native_ring(memory: set.memory.assumingMemoryBound(to: UInt8.self), stride: set.stride)
    }

    private func learn(_ answers: FrameSet) {
        var contexts = answers.frames.map { frame in
            var context = native_frame()
            context.data = UnsafeMutableRawPointer(mutating: frame.baseAddress)
            context.data_end = context.data + frame.count
            (context.ingress_port, context.ingress_ifindex) = (1, 1)
            return context
        }
        var results = [native_result](repeating: native_result(), count: contexts.count)
        program(&contexts, contexts.count, &results)
    }

    private func forward() -> Int {
        var (incoming, outgoing) = (Self.ring(frames), Self.ring(sent))
        return baseline_forward(program, &incoming, &outgoing, ForwardingScenario.burst, length)
    }

    var subject: Subject {
        .timed(operations: ForwardingScenario.burst) { [self] repeats in
            for _ in 0..<repeats { _ = forward() }
        }
    }
}
