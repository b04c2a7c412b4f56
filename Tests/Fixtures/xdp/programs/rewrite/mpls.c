/*
 * The last but one router of an MPLS path: pops labels that end here, swaps those that go on, and puts what comes out of
 * the stack back as IPv4 or IPv6 by its first nibble. The TTL of the label is carried into the packet.
 */
#include "packet.h"

#define ETH_P_MPLS 0x8847
#define BOTTOM 0x100
#define MAX_DEPTH 4

struct hop {
    __u32 label; /* 0: pop */
    __u8 next[ETH_ALEN];
    __u16 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, struct hop);
    __uint(max_entries, 1024);
} labels SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 1024);
} traffic SEC(".maps");

static __always_inline void count(__u32 label) {
    __u64 one = 1, *packets = bpf_map_lookup_elem(&traffic, &label);

    if (packets)
        *packets += 1;
    else
        bpf_map_update_elem(&traffic, &label, &one, BPF_ANY);
}

/* Takes the first label away. */
static __always_inline int pop(struct xdp_md *ctx, __be16 type) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct ethhdr copy;

    if (!eth)
        return -1;
    copy = *eth;
    copy.h_proto = type;
    if (bpf_xdp_adjust_head(ctx, 4))
        return -1;
    cursor = packet_of(ctx);
    eth = take(&cursor, sizeof(*eth));
    if (!eth)
        return -1;
    *eth = copy;
    return 0;
}

/* Which protocol is behind the last label, by its version; sets its TTL. */
static __always_inline __be16 expose(struct cursor *cursor, __u8 ttl) {
    struct iphdr *ip = take(cursor, sizeof(*ip));

    if (!ip)
        return 0;
    if (ip->version == 4) {
        __u16 before = *(__u16 *)&ip->ttl;

        ip->ttl = ttl;
        ip->check = adjust_checksum(ip->check, before, *(__u16 *)&ip->ttl);
        return bpf_htons(ETH_P_IP);
    }
    if (ip->version == 6) {
        ((struct ipv6hdr *)ip)->hop_limit = ttl;
        return bpf_htons(ETH_P_IPV6);
    }
    return 0;
}

SEC("xdp")
int mpls(struct xdp_md *ctx) {
    for (int depth = 0; depth < MAX_DEPTH; ++depth) {
        struct cursor cursor = packet_of(ctx);
        struct ethhdr *eth = take(&cursor, sizeof(*eth));

        if (!eth)
            return XDP_ABORTED;
        if (eth->h_proto != bpf_htons(ETH_P_MPLS))
            return XDP_PASS;
        __be32 *entry = take(&cursor, sizeof(*entry));

        if (!entry)
            return XDP_ABORTED;
        __u32 word = bpf_ntohl(*entry), label = word >> 12;
        __u8 ttl = word;
        struct hop *hop = bpf_map_lookup_elem(&labels, &label);

        if (!hop || ttl <= 1)
            return XDP_DROP;
        count(label);
        if (hop->label) {
            *entry = bpf_htonl(hop->label << 12 | (word & 0xf00) | (__u8)(ttl - 1));
            __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
            __builtin_memcpy(eth->h_dest, hop->next, ETH_ALEN);
            return XDP_TX;
        }
        __be16 type = bpf_htons(ETH_P_MPLS);

        if (word & BOTTOM) {
            type = expose(&cursor, ttl - 1);
            if (!type)
                return XDP_DROP;
        }
        if (pop(ctx, type))
            return XDP_DROP;
    }
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
