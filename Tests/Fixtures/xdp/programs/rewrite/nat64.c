/*
 * Translates IPv6 to IPv4 (NAT64, SIIT's way of headers): destinations below the prefix 64:ff9b::/96 carry an IPv4
 * address, sources get one from a table. The packet shrinks by 20 bytes at its front. Checksums of TCP and UDP are
 * corrected for the other pseudo header with csum_diff; pings become those of ICMP.
 */
#include "packet.h"

#define PREFIX bpf_htonl(0x0064ff9b)

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct in6_addr);
    __type(value, __be32);
    __uint(max_entries, 1024);
} leases SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 4);
} translated SEC(".maps");

volatile const __u8 next_hop[ETH_ALEN] = {2, 0, 0, 0, 0, 0x64};

static __always_inline void count(__u32 what) {
    __u64 *counter = bpf_map_lookup_elem(&translated, &what);

    if (counter)
        *counter += 1;
}

/* The checksum of what is behind the header, for pseudo headers of IPv4; all of the sum's carries folded in. */
static __always_inline __sum16 corrected(__sum16 old, __be32 *from, __u32 from_bytes, __be32 *to, __u32 to_bytes) {
    __s64 difference = bpf_csum_diff(from, from_bytes, to, to_bytes, (__u16)~old);

    return fold((__u32)difference);
}

static __always_inline int translate_upper(struct cursor *cursor, struct ipv6hdr *ip6, __be32 addresses[2]) {
    struct icmp6hdr *icmp;
    struct tcphdr *tcp;
    struct udphdr *udp;

    switch (ip6->nexthdr) {
    case IPPROTO_TCP:
        tcp = take(cursor, sizeof(*tcp));
        if (!tcp)
            return -1;
        tcp->check = corrected(tcp->check, (__be32 *)&ip6->saddr, 32, addresses, 8);
        count(0);
        return IPPROTO_TCP;
    case IPPROTO_UDP:
        udp = take(cursor, sizeof(*udp));
        if (!udp || !udp->check)
            return -1;
        udp->check = corrected(udp->check, (__be32 *)&ip6->saddr, 32, addresses, 8);
        if (!udp->check)
            udp->check = 0xffff;
        count(1);
        return IPPROTO_UDP;
    case IPPROTO_ICMPV6:
        icmp = take(cursor, sizeof(*icmp));
        if (!icmp)
            return -1;
        if (icmp->icmp6_type != ICMPV6_ECHO_REQUEST && icmp->icmp6_type != ICMPV6_ECHO_REPLY)
            return -1;
        /* ICMP has no pseudo header: the addresses, the length and the number go out of the sum. */
        __be32 pseudo[10] = {};
        __u16 before = *(__u16 *)icmp;

        __builtin_memcpy(pseudo, &ip6->saddr, 32);
        pseudo[8] = bpf_htonl(bpf_ntohs(ip6->payload_len));
        pseudo[9] = bpf_htonl(IPPROTO_ICMPV6);
        icmp->icmp6_type = icmp->icmp6_type == ICMPV6_ECHO_REQUEST ? ICMP_ECHO : ICMP_ECHOREPLY;
        icmp->icmp6_cksum = corrected(icmp->icmp6_cksum, pseudo, sizeof(pseudo), 0, 0);
        icmp->icmp6_cksum = adjust_checksum(icmp->icmp6_cksum, before, *(__u16 *)icmp);
        count(2);
        return IPPROTO_ICMP;
    }
    return -1;
}

SEC("xdp")
int nat64(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __be32 addresses[2];

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IPV6))
        return XDP_PASS;
    struct ipv6hdr *ip6 = take(&cursor, sizeof(*ip6));

    if (!ip6)
        return XDP_DROP;
    if (ip6->daddr.s6_addr32[0] != PREFIX || ip6->daddr.s6_addr32[1] || ip6->daddr.s6_addr32[2])
        return XDP_PASS;
    struct in6_addr source = ip6->saddr;
    __be32 *lease = bpf_map_lookup_elem(&leases, &source);

    if (!lease || ip6->hop_limit <= 1) {
        count(3);
        return XDP_DROP;
    }
    addresses[0] = *lease;
    addresses[1] = ip6->daddr.s6_addr32[3];
    struct iphdr fresh = {
        .version = 4,
        .ihl = 5,
        .tos = ip6->priority << 4 | ip6->flow_lbl[0] >> 4,
        .tot_len = bpf_htons(bpf_ntohs(ip6->payload_len) + sizeof(fresh)),
        .frag_off = bpf_htons(0x4000),
        .ttl = ip6->hop_limit - 1,
        .saddr = addresses[0],
        .daddr = addresses[1],
    };
    int protocol = translate_upper(&cursor, ip6, addresses);

    if (protocol < 0)
        return XDP_DROP;
    fresh.protocol = protocol;
    fresh.check = fold(bpf_csum_diff(0, 0, (__be32 *)&fresh, sizeof(fresh), 0));
    if (bpf_xdp_adjust_head(ctx, sizeof(*ip6) - sizeof(fresh)))
        return XDP_DROP;
    cursor = packet_of(ctx);
    eth = take(&cursor, sizeof(*eth) + sizeof(fresh));
    if (!eth)
        return XDP_DROP;
    __builtin_memcpy(eth->h_dest, (const void *)next_hop, ETH_ALEN);
    __builtin_memset(eth->h_source, 2, ETH_ALEN);
    eth->h_proto = bpf_htons(ETH_P_IP);
    *(struct iphdr *)(eth + 1) = fresh;
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
