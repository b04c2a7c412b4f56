import Engine
import Maps
import Testing

/// Queues, stacks and Bloom filters as programs use them. Needs root, for bpf(2).
@Suite struct QueueHelperTests {
    private static let source = """
        struct value { __u32 a, b, c; };
        struct { __uint(type, BPF_MAP_TYPE_KIND); __uint(max_entries, 3); __type(value, struct value); } values SEC(".maps");
        SEC("xdp") int fill(struct xdp_md *ctx) {
            OUT(ctx);
            for (__u32 i = 0; i < 5; i++) {
                struct value v = {i, i * 2, 0xabcd};
                o->words[i] = bpf_map_push_elem(&values, &v, i == 4 ? BPF_EXIST : BPF_ANY);
            }
            struct value v = {9, 9, 9};
            o->words[5] = bpf_map_push_elem(&values, &v, BPF_NOEXIST);
            return XDP_PASS;
        }
        SEC("xdp") int drain(struct xdp_md *ctx) {
            OUT(ctx);
            struct value v = {7, 7, 7};
            o->words[0] = bpf_map_peek_elem(&values, &v);
            o->words[1] = v.a;
            for (int i = 0; i < 4; i++) {
                v.b = 7;
                o->words[2 + 3 * i] = bpf_map_pop_elem(&values, &v);
                o->words[3 + 3 * i] = v.a;
                o->words[4 + 3 * i] = v.b + v.c;
            }
            return XDP_PASS;
        }
        """

    @Test(arguments: ["QUEUE", "STACK"]) func pushPeekPop(_ kind: String) throws {
        let object = try HostedObject(Self.source.replacing("KIND", with: kind))
        try object.everywhere { host in
            [
                try host.run("drain", HostedObject.packet), try host.run("fill", HostedObject.packet),
                try host.run("drain", HostedObject.packet),
            ]
        }
    }

    @Test func bloomFilter() throws {
        let source = """
            struct { __uint(type, BPF_MAP_TYPE_BLOOM_FILTER); __uint(max_entries, 1000); __uint(map_extra, 3);
                __type(value, __u64); } seen SEC(".maps");
            SEC("xdp") int ask(struct xdp_md *ctx) {
                OUT(ctx);
                for (int i = 0; i < 6; i++) {
                    __u64 v = (i + 1) * 0x1234567ull;
                    o->words[2 * i] = bpf_map_peek_elem(&seen, &v);
                    if (i & 1) o->words[2 * i + 1] = bpf_map_push_elem(&seen, &v, i == 5 ? BPF_EXIST : BPF_ANY);
                }
                return XDP_PASS;
            }
            """
        let object = try HostedObject(source)
        #expect(object.file.maps[0].attributes.extra == 3)
        try object.everywhere { host in
            [try host.run("ask", HostedObject.packet), try host.run("ask", HostedObject.packet)]
        }
    }
}
