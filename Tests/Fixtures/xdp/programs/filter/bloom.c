/*
 * Lets in who was let out before: outgoing packets put their flow into a bloom filter, incoming ones pass where the filter
 * says that it may have seen theirs. A stack of the flows that were refused is there to be looked at.
 */
#include "packet.h"

struct flow {
    __be32 inner;
    __be32 outer;
    __be16 inner_port;
    __be16 outer_port;
    __u32 protocol;
};

struct {
    __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
    __type(value, struct flow);
    __uint(max_entries, 1000);
    __uint(map_extra, 3);
} seen SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_STACK);
    __type(value, struct flow);
    __uint(max_entries, 8);
} refused SEC(".maps");

struct {
    __u64 out;
    __u64 in;
    __u64 unknown;
    __u64 forgotten;
} totals;

volatile const __be32 inside = 0x0000000a; /* 10.0.0.0/8 */
volatile const __be32 inside_mask = 0x000000ff;

SEC("xdp")
int bloom(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct flow flow = {}, oldest;

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5)
        return XDP_DROP;
    __be16 *ports = take(&cursor, 4);

    if (!ports || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
        return XDP_DROP;
    flow.protocol = ip->protocol;
    if ((ip->saddr & inside_mask) == inside) {
        flow.inner = ip->saddr;
        flow.outer = ip->daddr;
        flow.inner_port = ports[0];
        flow.outer_port = ports[1];
        if (bpf_map_peek_elem(&seen, &flow))
            bpf_map_push_elem(&seen, &flow, BPF_ANY);
        totals.out += 1;
        return XDP_TX;
    }
    flow.inner = ip->daddr;
    flow.outer = ip->saddr;
    flow.inner_port = ports[1];
    flow.outer_port = ports[0];
    if (bpf_map_peek_elem(&seen, &flow) == 0) {
        totals.in += 1;
        return XDP_PASS;
    }
    totals.unknown += 1;
    if (bpf_map_push_elem(&refused, &flow, BPF_ANY)) {
        /* Full: the latest goes. */
        bpf_map_pop_elem(&refused, &oldest);
        bpf_map_push_elem(&refused, &flow, BPF_EXIST);
        totals.forgotten += 1;
    }
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
