/*
 * Translates addresses and ports of IPv4 (NAT44) between an inside and an outside: hosts of the inside share one address,
 * ports are handed out from a pool and kept in a table for each direction, checksums are adjusted by what changed.
 * Static mappings let connections in. Packets between hosts of the inside pass as they are.
 */
#include "packet.h"

#define FIRST_PORT 40000
#define PORTS 64

struct endpoint {
    __be32 address;
    __be16 port;
    __u8 protocol;
    __u8 fixed;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct endpoint);
    __type(value, struct endpoint);
    __uint(max_entries, 1024);
} outward SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct endpoint);
    __type(value, struct endpoint);
    __uint(max_entries, 1024);
} inward SEC(".maps");

struct counters {
    __u64 out;
    __u64 in;
    __u64 refused;
    __u64 exhausted;
};

struct counters counters = {};
__u32 next_port = 0;

volatile const __be32 inside = 0;
volatile const __be32 inside_mask = 0;
volatile const __be32 outside = 0;

struct segment {
    struct iphdr *ip;
    __be16 *source_port;
    __be16 *destination_port;
    __sum16 *check; /* null where there is none */
};

static __always_inline int parse(struct cursor *cursor, struct segment *segment) {
    struct iphdr *ip = segment->ip = take(cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5 || ip->frag_off & bpf_htons(IP_OFFSET | IP_MORE_FRAGMENTS))
        return -1;
    if (ip->protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = take(cursor, sizeof(*tcp));

        if (!tcp)
            return -1;
        segment->source_port = &tcp->source;
        segment->destination_port = &tcp->dest;
        segment->check = &tcp->check;
        return 0;
    }
    if (ip->protocol == IPPROTO_UDP) {
        struct udphdr *udp = take(cursor, sizeof(*udp));

        if (!udp)
            return -1;
        segment->source_port = &udp->source;
        segment->destination_port = &udp->dest;
        segment->check = udp->check ? &udp->check : 0;
        return 0;
    }
    return -1;
}

static __always_inline void replace16(__sum16 *check, __be16 *field, __be16 value) {
    if (check)
        *check = adjust_checksum(*check, *field, value);
    *field = value;
}

static __always_inline void replace32(struct segment *segment, __be32 *field, __be32 value) {
    __u16 *words = (__u16 *)field;
    __u16 low = value, high = value >> 16;

    segment->ip->check = adjust_checksum(adjust_checksum(segment->ip->check, words[0], low), words[1], high);
    if (segment->check)
        *segment->check = adjust_checksum(adjust_checksum(*segment->check, words[0], low), words[1], high);
    *field = value;
}

/* Finds or makes the outer endpoint of an inner one. */
static __always_inline struct endpoint *allocate(const struct endpoint *inner) {
    struct endpoint *known = bpf_map_lookup_elem(&outward, inner);

    if (known)
        return known;
    for (int attempt = 0; attempt < 8; ++attempt) {
        __u32 number = __sync_fetch_and_add(&next_port, 1);
        struct endpoint outer = {
            .address = outside,
            .port = bpf_htons(FIRST_PORT + number % PORTS),
            .protocol = inner->protocol,
        };

        if (bpf_map_update_elem(&inward, &outer, inner, BPF_NOEXIST))
            continue;
        bpf_map_update_elem(&outward, inner, &outer, BPF_ANY);
        return bpf_map_lookup_elem(&outward, inner);
    }
    return 0;
}

SEC("xdp")
int nat44(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct segment segment = {};

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    if (parse(&cursor, &segment) < 0)
        return XDP_DROP;
    struct iphdr *ip = segment.ip;

    if (ip->daddr == outside) {
        struct endpoint outer = {.address = ip->daddr, .port = *segment.destination_port, .protocol = ip->protocol};
        struct endpoint *inner = bpf_map_lookup_elem(&inward, &outer);

        if (!inner) {
            counters.refused += 1;
            return XDP_DROP;
        }
        replace32(&segment, &ip->daddr, inner->address);
        replace16(segment.check, segment.destination_port, inner->port);
        counters.in += 1;
        return XDP_PASS;
    }
    if ((ip->saddr & inside_mask) != inside || (ip->daddr & inside_mask) == inside)
        return XDP_PASS;
    struct endpoint inner = {.address = ip->saddr, .port = *segment.source_port, .protocol = ip->protocol};
    struct endpoint *outer = allocate(&inner);

    if (!outer) {
        counters.exhausted += 1;
        return XDP_ABORTED;
    }
    replace32(&segment, &ip->saddr, outer->address);
    replace16(segment.check, segment.source_port, outer->port);
    counters.out += 1;
    swap_addresses(eth);
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
