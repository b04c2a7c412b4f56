/*
 * Answers pings, of IPv4 and IPv6, without the host: addresses change places, the type becomes a reply's, and checksums
 * are adjusted for what changed. Asks for any of its own addresses only, a hash map of them.
 */
#include "packet.h"

#define REPLY_TTL 64

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, union address);
    __type(value, __u32);
    __uint(max_entries, 64);
} own SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 4);
} answered SEC(".maps");

static __always_inline int is_own(const union address *address) {
    return bpf_map_lookup_elem(&own, address) != 0;
}

static __always_inline void count(__u32 kind) {
    __u64 *counter = bpf_map_lookup_elem(&answered, &kind);

    if (counter)
        __sync_fetch_and_add(counter, 1);
}

static __always_inline int answer4(struct ethhdr *eth, struct cursor *cursor) {
    struct iphdr *ip = take(cursor, sizeof(*ip));
    union address address = {};

    if (!ip || ip->protocol != IPPROTO_ICMP)
        return XDP_PASS;
    /* Options and fragments are for the host. */
    if (ip->ihl != 5 || ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_OFFSET))
        return XDP_PASS;
    address.v4 = ip->daddr;
    if (!is_own(&address))
        return XDP_PASS;
    struct icmphdr *icmp = take(cursor, sizeof(*icmp));

    if (!icmp)
        return XDP_DROP;
    if (icmp->type != ICMP_ECHO || icmp->code)
        return XDP_PASS;
    ip->daddr = ip->saddr;
    ip->saddr = address.v4;
    ip->ttl = REPLY_TTL;
    ip->check = 0;
    ip->check = header_checksum(ip);
    __u16 before = *(__u16 *)icmp;

    icmp->type = ICMP_ECHOREPLY;
    icmp->checksum = adjust_checksum(icmp->checksum, before, *(__u16 *)icmp);
    swap_addresses(eth);
    count(0);
    return XDP_TX;
}

static __always_inline int answer6(struct ethhdr *eth, struct cursor *cursor) {
    struct ipv6hdr *ip = take(cursor, sizeof(*ip));
    union address address;

    if (!ip || ip->nexthdr != IPPROTO_ICMPV6)
        return XDP_PASS;
    __builtin_memcpy(&address, &ip->daddr, sizeof(address));
    if (!is_own(&address))
        return XDP_PASS;
    struct icmp6hdr *icmp = take(cursor, sizeof(*icmp));

    if (!icmp)
        return XDP_DROP;
    if (icmp->icmp6_type != ICMPV6_ECHO_REQUEST)
        return XDP_PASS;
    ip->daddr = ip->saddr;
    __builtin_memcpy(&ip->saddr, &address, sizeof(address));
    ip->hop_limit = REPLY_TTL;
    /* The sum of the addresses is the same as before. */
    __u16 before = *(__u16 *)icmp;

    icmp->icmp6_type = ICMPV6_ECHO_REPLY;
    icmp->icmp6_cksum = adjust_checksum(icmp->icmp6_cksum, before, *(__u16 *)icmp);
    swap_addresses(eth);
    count(1);
    return XDP_TX;
}

SEC("xdp")
int echo(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP))
        return answer4(eth, &cursor);
    if (eth->h_proto == bpf_htons(ETH_P_IPV6))
        return answer6(eth, &cursor);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
