import Engine
import Maps
import Testing

/// `bpf_redirect_map`: verdicts as on Linux, and where the frame goes. Needs root, for bpf(2).
@Suite struct RedirectMapTests {
    private static let source = """
        struct { __uint(type, BPF_MAP_TYPE_DEVMAP); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); }
            ports SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_DEVMAP_HASH); __uint(max_entries, 4); __type(key, __u32);
            __type(value, struct bpf_devmap_val); } byname SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_CPUMAP); __uint(max_entries, 2); __type(key, __u32);
            __type(value, struct bpf_cpumap_val); } cpus SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_XSKMAP); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); }
            sockets SEC(".maps");
        #define REDIRECT(name, map) SEC("xdp") int name(struct xdp_md *ctx) { \\
            OUT(ctx); \\
            return bpf_redirect_map(&map, o->words[0], (__u64)o->words[2] << 32 | o->words[1]); }
        REDIRECT(to_port, ports)
        REDIRECT(to_name, byname)
        REDIRECT(to_cpu, cpus)
        REDIRECT(to_socket, sockets)
        SEC("xdp") int look(struct xdp_md *ctx) {
            OUT(ctx);
            __u32 key = o->words[0];
            __u32 *port = bpf_map_lookup_elem(&ports, &key);
            struct bpf_devmap_val *named = bpf_map_lookup_elem(&byname, &key);
            struct bpf_xdp_sock *socket = bpf_map_lookup_elem(&sockets, &key);
            o->words[1] = port ? *port : 99;
            o->words[2] = named ? named->ifindex : 99;
            o->words[3] = named ? named->bpf_prog.id : 99;
            o->words[4] = socket ? 1 : 0;
            return XDP_PASS;
        }
        SEC("xdp/devmap") int egress(struct xdp_md *ctx) { return ctx->egress_ifindex ? XDP_DROP : XDP_PASS; }
        SEC("xdp/cpumap") int elsewhere(struct xdp_md *ctx) { return XDP_PASS; }
        """

    private func packet(_ key: UInt32, _ flags: UInt64) -> [UInt8] {
        word(key) + word(flags) + HostedObject.packet.dropFirst(12)
    }

    /// With the loopback interface, which is there everywhere.
    @Test(arguments: ["to_port", "to_name", "to_cpu", "to_socket"]) func verdictsAsOnLinux(_ function: String) throws {
        let object = try HostedObject(Self.source)
        try object.everywhere { host in
            try host.update("ports", word(UInt32(1)), word(UInt32(1)))
            try host.update("byname", word(UInt32(1)), word(UInt32(1)) + word(UInt32(0)))
            try host.update("byname", word(UInt32(700)), word(UInt32(1)) + word(UInt32(0)))
            try host.update("cpus", word(UInt32(1)), word(UInt32(32)) + word(UInt32(0)))
            var verdicts: [UInt32] = []
            for key: UInt32 in [0, 1, 3, 4, 700, .max] {
                // Broadcasts of Linux send frames; where there is but the ingress they are not sent.
                for flags: UInt64 in [0, 1, 2, 3, 4, 5, 32, 1 << 32, 1 << 63] {
                    let outcome = try host.run(function, packet(key, flags))
                    verdicts.append(outcome.verdict)
                }
            }
            return verdicts
        }
    }

    @Test func lookupsAsOnLinux() throws {
        let object = try HostedObject(Self.source)
        try object.everywhere { host in
            try host.update("ports", word(UInt32(1)), word(UInt32(1)))
            try host.update("byname", word(UInt32(1)), word(UInt32(1)) + word(UInt32(0)))
            var outcomes = try [0, 1, 4].map { try host.run("look", packet($0, 0)) }
            try host.delete("ports", word(UInt32(1)))
            try host.delete("byname", word(UInt32(1)))
            outcomes.append(try host.run("look", packet(1, 0)))
            return outcomes
        }
    }

    @Test(arguments: [EngineHost.Kind.checked, .interpreter, .jit]) func whereTheFrameGoes(_ kind: EngineHost.Kind)
        throws
    {
        let host = try EngineHost(try HostedObject(Self.source).bytes, kind)
        let egress = try host.program("egress")
        try host.map("ports").update(word(UInt32(2)), word(UInt32(0x10007)))
        try host.map("ports").update(word(UInt32(3)), word(UInt32(9)))
        try host.map("byname").setTarget(word(UInt32(500)), 12, program: egress)
        try host.map("cpus").setTarget(word(UInt32(1)), 64, program: try host.program("elsewhere"))
        try host.map("sockets").setTarget(word(UInt32(3)), 5)
        #expect(try host.lookup("byname", word(UInt32(500))) == word(UInt32(12)) + word(egress.id))

        func redirect(_ function: String, _ key: UInt32, _ flags: UInt64) throws -> (UInt64, Redirect) {
            let (result, _, frame) = try host.runFrame(function, packet(key, flags))
            return (result.value, frame.redirect)
        }
        var (verdict, found) = try redirect("to_port", 2, 0)
        #expect(verdict == 4 && found.kind == .interface && found.target == 0x10007 && Executable(found) == nil)
        (verdict, found) = try redirect("to_name", 500, 0)
        #expect(verdict == 4 && found.kind == .interface && found.target == 12)
        // The entry's program runs at the egress.
        let executable = try #require(Executable(found))
        var frame = FrameContext(data: UnsafeMutableRawPointer(bitPattern: 64)!, length: 0, egressIfindex: 12)
        var result = RunResult()
        executable.run(&frame, count: 1, results: &result, slot: 0)
        #expect(result == RunResult(value: 1))
        (verdict, found) = try redirect("to_cpu", 1, 0)
        #expect(verdict == 4 && found.kind == .worker && found.target == 1 && Executable(found) != nil)
        (verdict, found) = try redirect("to_socket", 3, 0)
        #expect(verdict == 4 && found.kind == .interface && found.target == 5)
        (verdict, found) = try redirect("to_port", 0, 2)
        #expect(verdict == 2 && found.kind == .none)
        #expect(try redirect("to_cpu", 1, 8).0 == 0)

        (verdict, found) = try redirect("to_port", 77, 8 | 16)
        #expect(verdict == 4 && found.kind == .broadcast && found.excludesIngress)
        var position = 0
        var targets: [UInt32] = []
        while let next = found.nextEgress(from: &position) { targets.append(next.ifindex) }
        #expect(targets == [0x10007, 9])
        (verdict, found) = try redirect("to_name", 1, 8)
        position = 0
        let only = try #require(found.nextEgress(from: &position))
        #expect(!found.excludesIngress && only.ifindex == 12 && only.program != nil)
        #expect(found.nextEgress(from: &position) == nil)
    }
}
