/*
 * Port knocking: a host that sends SYNs to the secret ports in their order may reach the guarded port, for as long as
 * it is in the table. A wrong knock begins anew; after too many of them a host is not heard any more.
 */
#include "packet.h"

#define KNOCKS 4
#define MISTAKES 3

enum state {
    STRANGER = 0,
    OPEN = KNOCKS,
    SHUT = 0xff,
};

struct visitor {
    __u8 state;
    __u8 mistakes;
    __u16 last_port;
    __u32 packets;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, struct visitor);
    __uint(max_entries, 1024);
} visitors SEC(".maps");

volatile const __u16 knocks[KNOCKS] = {7000, 8000, 9000, 10000};
volatile const __u16 guarded = 22;
/* By what happened: knocks, mistakes, doors opened. */
__u32 events[3] = {};

static __always_inline int next_state(struct visitor *visitor, __u16 port) {
    __u32 step = visitor->state;

    if (step < KNOCKS && port == knocks[step]) {
        events[0]++;
        if (++visitor->state == OPEN) {
            events[2]++;
            visitor->mistakes = 0;
        }
        return 0;
    }
    if (port == visitor->last_port)
        return 0;
    events[1]++;
    visitor->state = STRANGER;
    if (++visitor->mistakes >= MISTAKES)
        visitor->state = SHUT;
    return -1;
}

SEC("xdp")
int knock(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_ABORTED;
    if (ip->protocol != IPPROTO_TCP || ip->ihl != 5)
        return XDP_PASS;
    struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

    if (!tcp)
        return XDP_ABORTED;
    __be32 source = ip->saddr;
    __u16 port = bpf_ntohs(tcp->dest);
    struct visitor *visitor = bpf_map_lookup_elem(&visitors, &source);

    if (visitor)
        visitor->packets += 1;
    if (port == guarded)
        return visitor && visitor->state == OPEN ? XDP_PASS : XDP_DROP;
    if (!tcp->syn || tcp->ack)
        return XDP_PASS;
    if (!visitor) {
        struct visitor fresh = {.packets = 1};

        if (port != knocks[0])
            return XDP_PASS;
        fresh.last_port = port;
        fresh.state = 1;
        events[0]++;
        bpf_map_update_elem(&visitors, &source, &fresh, BPF_ANY);
        return XDP_DROP;
    }
    if (visitor->state == SHUT)
        return XDP_DROP;
    if (visitor->state == OPEN) {
        /* Knocking at the first door again closes it. */
        if (port == knocks[0])
            bpf_map_delete_elem(&visitors, &source);
        return XDP_PASS;
    }
    next_state(visitor, port);
    visitor->last_port = port;
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
