/*
 * A router with a table of its own: destinations are looked up by longest prefix, the hop count goes down by one, and the
 * Ethernet addresses become those of the next hop. Several next hops of a route share flows by a hash of the addresses.
 */
#include "jhash.h"
#include "packet.h"

#define HOPS 4

struct next_hop {
    __u8 destination[ETH_ALEN];
    __u8 source[ETH_ALEN];
    __u32 weight;
};

struct route {
    __u32 hops; /* 0: unreachable */
    __u32 first;
};

struct prefix4 {
    __u32 bits;
    __be32 address;
};

struct prefix6 {
    __u32 bits;
    __u8 address[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix4);
    __type(value, struct route);
    __uint(max_entries, 512);
} routes4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix6);
    __type(value, struct route);
    __uint(max_entries, 512);
} routes6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct next_hop);
    __uint(max_entries, 64);
} next_hops SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 64);
} sent SEC(".maps");

static __always_inline int transmit(struct ethhdr *eth, const struct route *route, __u32 hash) {
    __u32 index = route->first + (route->hops > 1 ? hash % HOPS % route->hops : 0);
    struct next_hop *hop = bpf_map_lookup_elem(&next_hops, &index);
    __u64 *count = bpf_map_lookup_elem(&sent, &index);

    if (!hop || !count)
        return XDP_ABORTED;
    __builtin_memcpy(eth->h_dest, hop->destination, ETH_ALEN);
    __builtin_memcpy(eth->h_source, hop->source, ETH_ALEN);
    *count += 1;
    return XDP_TX;
}

SEC("xdp")
int static_routes(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct route *route;
    __u32 hash;

    if (!eth)
        return XDP_PASS;
    if (eth->h_dest[0] & 1)
        return XDP_PASS;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));
        struct prefix4 key = {.bits = 32};

        if (!ip || ip->ihl < 5)
            return XDP_DROP;
        /* The host says that time is exceeded. */
        if (ip->ttl <= 1)
            return XDP_PASS;
        key.address = ip->daddr;
        route = bpf_map_lookup_elem(&routes4, &key);
        if (!route)
            return XDP_PASS;
        if (!route->hops)
            return XDP_DROP;
        __u16 before = *(__u16 *)&ip->ttl;

        ip->ttl -= 1;
        ip->check = adjust_checksum(ip->check, before, *(__u16 *)&ip->ttl);
        hash = jhash_3words(ip->saddr, ip->daddr, 0, 0x5eed);
        return transmit(eth, route, hash);
    }
    if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));
        struct prefix6 key = {.bits = 128};

        if (!ip)
            return XDP_DROP;
        if (ip->hop_limit <= 1)
            return XDP_PASS;
        __builtin_memcpy(key.address, &ip->daddr, sizeof(key.address));
        route = bpf_map_lookup_elem(&routes6, &key);
        if (!route)
            return XDP_PASS;
        if (!route->hops)
            return XDP_DROP;
        ip->hop_limit -= 1;
        hash = jhash_3words(ip->saddr.s6_addr32[3], ip->daddr.s6_addr32[3], 0, 0x5eed);
        return transmit(eth, route, hash);
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
