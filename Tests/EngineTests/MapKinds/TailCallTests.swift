import Engine
import Maps
import Testing

/// Tail calls by every engine and on Linux. Needs root, for bpf(2).
@Suite struct TailCallTests {
    private static let source = """
        struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 8); __type(key, __u32); __type(value, __u32); }
            progs SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
            counts SEC(".maps");
        static __always_inline void count(void) {
            __u32 zero = 0;
            __u64 *n = bpf_map_lookup_elem(&counts, &zero);
            if (n) (*n)++;
        }
        SEC("xdp") int leaf(struct xdp_md *ctx) { OUT(ctx); o->words[1] += 7; count(); return XDP_TX; }
        SEC("xdp") int again(struct xdp_md *ctx) { OUT(ctx); o->words[2]++; bpf_tail_call(ctx, &progs, 1); return 3; }
        SEC("xdp") int shrink(struct xdp_md *ctx) { if (bpf_xdp_adjust_head(ctx, 16)) return 0; return XDP_PASS; }
        SEC("xdp") int first(struct xdp_md *ctx) {
            OUT(ctx);
            __u32 index = o->words[0];
            o->words[3] = 9;
            bpf_tail_call(ctx, &progs, index);
            count();
            return XDP_DROP;
        }
        static __attribute__((noinline)) int sub(struct xdp_md *ctx, __u32 index) {
            volatile char frame[40] = {1};
            bpf_tail_call(ctx, &progs, index);
            return frame[0] + 99;
        }
        SEC("xdp") int caller(struct xdp_md *ctx) {
            volatile __u64 keep[4] = {11, 22, 33, 44};
            __u32 index;
            { OUT(ctx); index = o->words[0]; }
            int one = sub(ctx, index);
            int two = sub(ctx, 7);
            OUT(ctx);
            o->words[4] = one;
            o->words[5] = two;
            o->words[6] = keep[0] + keep[3];
            return XDP_PASS;
        }
        SEC("xdp") int chain(struct xdp_md *ctx) {
            volatile __u64 depth = 0;
            { OUT(ctx); o->words[7]++; depth = o->words[7]; }
            int result = sub(ctx, 4);
            OUT(ctx);
            o->words[8] += depth;
            return result + 1;
        }
        """

    private func packet(_ index: UInt32) -> [UInt8] { word(index) + HostedObject.packet.dropFirst(4) }

    @Test func goesOnOrFallsThrough() throws {
        let object = try HostedObject(Self.source)
        for index: UInt32 in [0, 1, 2, 3, 5, 7, 8, 9, .max] {
            try object.everywhere { host in
                try host.setProgram("progs", 0, "leaf")
                try host.setProgram("progs", 1, "again")
                try host.setProgram("progs", 2, "shrink")
                try host.setProgram("progs", 3, "first")
                let outcome = try host.run("first", packet(index))
                return [
                    word(outcome.verdict), outcome.packet, try #require(try host.lookup("counts", word(UInt32(0)))),
                ]
            }
        }
    }

    /// 33 and no more, in the program that called as often.
    @Test func asDeepAsLinux() throws {
        let object = try HostedObject(Self.source)
        let after = try object.everywhere { host in
            try host.setProgram("progs", 1, "again")
            return try host.run("first", packet(1)).packet
        }
        #expect(after[8] == 33)
    }

    /// The other program's result is that of the subprogram, whose caller finds its stack and the packet as it is.
    @Test(arguments: [UInt32(0), 1, 2, 3, 6, 9]) func fromASubprogram(_ index: UInt32) throws {
        let object = try HostedObject(Self.source)
        try object.everywhere { host in
            try host.setProgram("progs", 0, "leaf")
            try host.setProgram("progs", 1, "again")
            try host.setProgram("progs", 2, "caller")
            try host.setProgram("progs", 3, "leaf")
            return try host.run("caller", packet(index))
        }
    }

    /// Callers in one program wait while it runs again, each with its own frame.
    @Test func throughSubprogramsOfTheSameProgram() throws {
        let object = try HostedObject(Self.source)
        try object.everywhere { host in
            try host.setProgram("progs", 4, "chain")
            return try host.run("chain", HostedObject.packet)
        }
        try object.everywhere { host in
            try host.setProgram("progs", 4, "caller")
            try host.setProgram("progs", 5, "chain")
            return try host.run("chain", packet(5))
        }
    }

    @Test func entriesChangeWhileTheProgramIsThere() throws {
        let object = try HostedObject(Self.source)
        try object.everywhere { host in
            try host.setProgram("progs", 0, "leaf")
            var outcomes = [try host.run("first", packet(0))]
            try host.setProgram("progs", 0, "shrink")
            outcomes.append(try host.run("first", packet(0)))
            try host.delete("progs", word(UInt32(0)))
            outcomes.append(try host.run("first", packet(0)))
            return outcomes
        }
    }

    /// What a run may take is for all of its programs together; it counts for the first.
    @Test(arguments: [EngineHost.Kind.checked, .interpreter, .jit]) func fuelIsShared(_ kind: EngineHost.Kind) throws {
        let source = """
            struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32); }
                progs SEC(".maps");
            SEC("xdp") int spin(struct xdp_md *ctx) {
                volatile int sum = 0;
                OUT(ctx);
                for (int i = 0; i < 1000; i++) sum += i;
                o->words[0]++;
                bpf_tail_call(ctx, &progs, 0);
                return XDP_PASS;
            }
            """
        let object = try HostedObject(source)
        // Enough for several of them, not for 34.
        let host = try EngineHost(object.bytes, kind, fuel: 60_000)
        try host.setProgram("progs", 0, "spin")
        let (result, outcome, _) = try host.runFrame("spin", HostedObject.packet)
        #expect(result.fault == .outOfFuel)
        #expect((2...20).contains(outcome.packet[0]))
        let statistics = try host.program("spin").statistics
        #expect(statistics.runs == 1)
        #expect(statistics.faults == [.outOfFuel: 1])
        // The next run has half of it, whoever spent it.
        let (_, again, _) = try host.runFrame("spin", HostedObject.packet)
        #expect(again.packet[0] == outcome.packet[0] / 2)
    }

    /// Programs of one map are of one type, and belong to the same workers.
    @Test func otherProgramsAreRefused() throws {
        let object = try HostedObject(Self.source)
        let host = try EngineHost(object.bytes, .jit)
        let other = try EngineHost(object.bytes, .jit)
        let map = try host.map("progs")
        #expect(throws: MapError.self) { try map.setProgram(word(UInt32(0)), try other.program("leaf")) }
        try host.setProgram("progs", 0, "leaf")
        #expect(throws: MapError.self) { try host.setProgram("progs", 8, "leaf") }
        #expect(
            throws: MapError.badReference(
                "elements of a map of type prog_array are no numbers: name a map or a program")
        ) { try map.update(word(UInt32(0)), word(UInt32(1))) }
        #expect(try map.program(word(UInt32(0))) === host.program("leaf"))
        #expect(try map.lookup(word(UInt32(0))) == word(host.program("leaf").id))
    }

    /// Objects name what is in a map from the start; nothing keeps the object alive but who holds it.
    @Test func initialValues() throws {
        let source = """
            int leaf(struct xdp_md *ctx);
            struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __uint(key_size, 4);
                __array(values, int(struct xdp_md *)); } progs SEC(".maps") = { .values = { [2] = &leaf } };
            SEC("xdp") int leaf(struct xdp_md *ctx) { return XDP_TX; }
            SEC("xdp") int first(struct xdp_md *ctx) { bpf_tail_call(ctx, &progs, 2); return XDP_DROP; }
            """
        let object = try HostedObject(source)
        #expect(try object.everywhere { try $0.run("first", HostedObject.packet).verdict } == 3)
        weak var program: Program?
        do {
            let host = try EngineHost(object.bytes, .jit)
            program = try host.program("leaf")
            let sandbox = try Sandbox(host.object, function: "first", type: .xdp)
            let run = FrameRun(program: sandbox.program, domain: sandbox.domain, slot: 0)
            #expect(run.run(HostedObject.packet, repetitions: 3).results == [RunResult(value: 3): 3])
        }
        #expect(program == nil)
    }
}
