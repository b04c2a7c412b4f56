/*
 * A router by the kernel's tables: fib_lookup says next hop and neighbour, the hop count goes down, and the packet leaves
 * by the interface that was found. What is too big for the way there, has no neighbour yet or is for the host goes up;
 * what no route leads to is dropped, and every answer of the lookup is counted.
 */
#include "packet.h"
#include <sys/socket.h>

#define ANSWERS 16

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, ANSWERS);
} answers SEC(".maps");

/* What the last lookup found, by interface. */
struct found {
    __u32 metric;
    __u32 mtu;
    __u8 family;
    __u8 destination[ETH_ALEN];
    __u8 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, struct found);
    __uint(max_entries, 64);
} found SEC(".maps");

volatile const __u32 lookup_flags = 0;

static __always_inline int forward(struct xdp_md *ctx, struct bpf_fib_lookup *lookup, struct ethhdr *eth) {
    struct found value = {.metric = lookup->rt_metric, .family = lookup->family};
    __u32 interface = lookup->ifindex;

    __builtin_memcpy(value.destination, lookup->dmac, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, lookup->dmac, ETH_ALEN);
    __builtin_memcpy(eth->h_source, lookup->smac, ETH_ALEN);
    bpf_map_update_elem(&found, &interface, &value, BPF_ANY);
    return bpf_redirect(interface, 0);
}

SEC("xdp")
int fib(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct bpf_fib_lookup lookup = {.ifindex = ctx->ingress_ifindex};
    struct ipv6hdr *ip6 = 0;
    struct iphdr *ip = 0;

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        ip = take(&cursor, sizeof(*ip));
        if (!ip)
            return XDP_DROP;
        if (ip->ttl <= 1)
            return XDP_PASS;
        lookup.family = AF_INET;
        lookup.tos = ip->tos;
        lookup.l4_protocol = ip->protocol;
        lookup.tot_len = bpf_ntohs(ip->tot_len);
        lookup.ipv4_src = ip->saddr;
        lookup.ipv4_dst = ip->daddr;
    } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        ip6 = take(&cursor, sizeof(*ip6));
        if (!ip6)
            return XDP_DROP;
        if (ip6->hop_limit <= 1)
            return XDP_PASS;
        lookup.family = AF_INET6;
        lookup.flowinfo = *(__be32 *)ip6 & bpf_htonl(0x0fffffff);
        lookup.l4_protocol = ip6->nexthdr;
        lookup.tot_len = bpf_ntohs(ip6->payload_len) + sizeof(*ip6);
        __builtin_memcpy(lookup.ipv6_src, &ip6->saddr, sizeof(lookup.ipv6_src));
        __builtin_memcpy(lookup.ipv6_dst, &ip6->daddr, sizeof(lookup.ipv6_dst));
    } else {
        return XDP_PASS;
    }
    long answer = bpf_fib_lookup(ctx, &lookup, sizeof(lookup), lookup_flags);
    __u32 index = answer < 0 ? ANSWERS - 1 : answer;
    __u64 *count = bpf_map_lookup_elem(&answers, &index);

    if (count)
        *count += 1;
    switch (answer) {
    case BPF_FIB_LKUP_RET_SUCCESS:
        if (ip) {
            __u16 before = *(__u16 *)&ip->ttl;

            ip->ttl -= 1;
            ip->check = adjust_checksum(ip->check, before, *(__u16 *)&ip->ttl);
        }
        if (ip6)
            ip6->hop_limit -= 1;
        return forward(ctx, &lookup, eth);
    case BPF_FIB_LKUP_RET_BLACKHOLE:
    case BPF_FIB_LKUP_RET_UNREACHABLE:
    case BPF_FIB_LKUP_RET_PROHIBIT:
        return XDP_DROP;
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
