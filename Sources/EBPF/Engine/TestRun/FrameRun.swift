import CLinux
import Maps

/// Runs a program on a frame that is in no switch, in bursts as a worker does.
public struct FrameRun {
    public let program: Program
    /// The slot's own; nobody else runs anything there meanwhile.
    public let domain: WorkerDomain
    public let slot: Int
    public var ingressPort: UInt32 = 0
    public var ingressIfindex: UInt32 = 0
    public var ring: UInt8 = 0

    /// What is in front of a frame for programs to grow into. `XDP_PACKET_HEADROOM`, <linux/bpf.h>.
    private static let headroom = 256
    /// Bytes of a packet and the room behind it, where it is no longer itself: what a page leaves behind headroom and
    /// `struct skb_shared_info`, as `BPF_PROG_TEST_RUN` has it.
    private static let packetRoom = 4096 - 256 - 320
    private static let burst = 64
    /// What a burst may take where there is a deadline: the first ones are short, to find out how many runs that is.
    private static let burstNs: UInt64 = 20_000_000

    public init(program: Program, domain: WorkerDomain, slot: Int) {
        self.program = program
        self.domain = domain
        self.slot = slot
    }

    public struct Outcome: Sendable {
        /// How often the program ran.
        public var runs = 0
        /// How the runs ended.
        public var results: [RunResult: Int] = [:]
        /// Of the last run: how it ended, its egress ring, the frame afterwards.
        public var last = RunResult()
        public var ring: UInt8 = 0
        public var frame: [UInt8] = []
        /// Of all runs together.
        public var nanoseconds: UInt64 = 0
    }

    /// Each run finds the frame as it is here.
    ///
    /// - Parameter deadline: of `clinux_monotonic_ns`; the burst in which it passes is the last one. A run that calls back
    ///   again and again, for `bpf_loop` for example, is broken off.
    public func run(_ frame: [UInt8], repetitions: Int, deadline: UInt64 = .max) -> Outcome {
        run(frame, repetitions: repetitions, deadline: deadline) { contexts, count, results in
            program.executable.run(contexts, count: count, results: results, slot: slot)
        }
    }

    func run(
        _ frame: [UInt8], repetitions: Int, deadline: UInt64,
        _ execute: (UnsafeMutablePointer<FrameContext>, _ count: Int, UnsafeMutablePointer<RunResult>) -> Void
    ) -> Outcome {
        let room = min(repetitions, Self.burst)
        let tailroom = max(Self.packetRoom - frame.count, 0)
        let stride = (Self.headroom + frame.count + tailroom + 63) & ~63
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room * stride, alignment: 64)
        defer { memory.deallocate() }
        var outcome = Outcome()
        guard let base = memory.baseAddress else { return outcome }
        var results = [RunResult](repeating: RunResult(), count: room)
        let state = program.executable.core.pointee.states + slot
        state.pointee.deadline.ns = deadline
        state.pointee.native.firstFuel = program.executable.core.pointee.fuel
        defer { state.pointee.deadline.ns = .max }
        var burst = deadline == .max ? room : 1
        repeat {
            let count = min(burst, repetitions - outcome.runs)
            UnsafeMutableRawBufferPointer(rebasing: memory[..<(count * stride)])
                .initializeMemory(as: UInt8.self, repeating: 0)
            var contexts = (0..<count).map { index in
                let data = base + index * stride + Self.headroom
                data.copyMemory(from: frame, byteCount: frame.count)
                return FrameContext(
                    data: data, length: frame.count, headroom: Self.headroom, tailroom: tailroom,
                    ingressPort: ingressPort, ring: ring, ingressIfindex: ingressIfindex)
            }
            domain.online(slot)
            let start = clinux_monotonic_ns()
            execute(&contexts, count, &results)
            let took = clinux_monotonic_ns() - start
            outcome.nanoseconds += took
            domain.offline(slot)
            if deadline != .max { burst = took < Self.burstNs / 4 ? min(burst * 4, room) : max(burst / 4, 1) }
            for result in results[..<count] { outcome.results[result, default: 0] += 1 }
            outcome.runs += count
            let last = contexts[count - 1]
            outcome.last = results[count - 1]
            outcome.ring = last.ring
            outcome.frame = Array(UnsafeRawBufferPointer(start: last.data, count: last.dataEnd - last.data))
        } while outcome.runs < repetitions && clinux_monotonic_ns() < deadline
        return outcome
    }
}
