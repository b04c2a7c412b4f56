import Maps
import Testing

@testable import Engine

/// `FrameRun` with a deadline, as test runs of the service have it.
struct TestRunTests {
    private static let source = """
        struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); }
            progs SEC(".maps");
        static long step(__u32 index, void *sum) { *(__u32 *)sum += index; return 0; }
        static __always_inline int loop(void) {
            __u32 sum = 0;
            bpf_loop(2000, step, &sum, 0);
            return sum ? XDP_TX : XDP_DROP;
        }
        SEC("xdp") int looping(struct xdp_md *ctx) { return loop(); }
        SEC("xdp") int calling(struct xdp_md *ctx) { bpf_tail_call(ctx, &progs, 0); return XDP_ABORTED; }
        SEC("xdp") int counting(struct xdp_md *ctx) {
            volatile __u32 count = 0;
            for (int i = 0; i < 300; i++) count++;
            return count == 300 ? XDP_TX : XDP_DROP;
        }
        SEC("xdp") int brief(struct xdp_md *ctx) { return XDP_TX; }
        """

    private static let object = Result { try HostedObject(source) }

    private func host(_ kind: EngineHost.Kind = .jit) throws -> EngineHost {
        let host = try EngineHost(try Self.object.get().bytes, kind)
        try host.setProgram("progs", 0, "looping")
        return host
    }

    private func run(_ host: EngineHost, _ function: String) throws -> FrameRun {
        FrameRun(program: try host.program(function), domain: host.object.maps[0].map.domain, slot: 0)
    }

    @Test(arguments: ["looping", "calling"], [EngineHost.Kind.checked, .interpreter, .jit])
    func callbacksEndWithTheDeadline(_ function: String, _ kind: EngineHost.Kind) throws {
        let host = try host(kind)
        let run = try run(host, function)
        let late = run.run(HostedObject.packet, repetitions: 100, deadline: 1)
        #expect(late.last.fault == .outOfTime)
        #expect(late.runs == 1)
        // The deadline is that of the call alone.
        #expect(run.run(HostedObject.packet, repetitions: 1).last == RunResult(value: 3))
        withExtendedLifetime(host) {}
    }

    @Test func tracedRunsEndWithTheDeadline() throws {
        let run = try run(try host(.checked), "counting")
        let (late, trace) = run.trace(HostedObject.packet, limit: 10, deadline: 1)
        #expect(late.last.fault == .outOfTime)
        #expect(trace.steps.count == 10 && trace.isCut)
        #expect(run.trace(HostedObject.packet, limit: 10).outcome.last == RunResult(value: 3))
    }

    /// Bursts grow from one run on, so that the clock is looked at in time.
    @Test func allRunsAreDoneInBursts() throws {
        let run = try run(try host(), "brief")
        #expect(run.run(HostedObject.packet, repetitions: 1000, deadline: 1).runs == 1)
        let outcome = run.run(HostedObject.packet, repetitions: 1000, deadline: .max - 1)
        #expect(outcome.results == [RunResult(value: 3): 1000])
    }
}
