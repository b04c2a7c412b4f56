/*
 * A flow exporter's inside: packets and bytes by 5-tuple and CPU, first and last time, all TCP flags that a flow had, and
 * its shortest and longest packet. A flow ends with FIN or RST and is then moved to the table of what is to be exported.
 */
#include "packet.h"

struct flow_key {
    union address source;
    union address destination;
    __be16 source_port;
    __be16 destination_port;
    __u8 protocol;
    __u8 family;
    __u16 vlan;
};

struct flow {
    __u64 first_ns;
    __u64 last_ns;
    __u64 packets;
    __u64 bytes;
    __u16 shortest;
    __u16 longest;
    __u8 flags;
    __u8 ttl;
    __u16 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __type(key, struct flow_key);
    __type(value, struct flow);
    __uint(max_entries, 2048);
} flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct flow_key);
    __type(value, struct flow);
    __uint(max_entries, 512);
} ended SEC(".maps");

__u64 lost;

static __always_inline int read_ports(struct cursor *cursor, struct flow_key *key, __u8 *flags) {
    switch (key->protocol) {
    case IPPROTO_TCP: {
        struct tcphdr *tcp = take(cursor, sizeof(*tcp));

        if (!tcp)
            return -1;
        key->source_port = tcp->source;
        key->destination_port = tcp->dest;
        *flags = ((__u8 *)tcp)[13];
        return 0;
    }
    case IPPROTO_UDP: {
        struct udphdr *udp = take(cursor, sizeof(*udp));

        if (!udp)
            return -1;
        key->source_port = udp->source;
        key->destination_port = udp->dest;
        return 0;
    }
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: {
        __u8 *icmp = take(cursor, 2);

        if (!icmp)
            return -1;
        key->destination_port = icmp[0] << 8 | icmp[1];
        return 0;
    }
    }
    return 0;
}

static __always_inline void account(struct flow *flow, __u64 now, __u32 bytes, __u8 flags, __u8 ttl) {
    flow->last_ns = now;
    flow->packets += 1;
    flow->bytes += bytes;
    if (bytes < flow->shortest)
        flow->shortest = bytes;
    if (bytes > flow->longest)
        flow->longest = bytes;
    flow->flags |= flags;
    flow->ttl = ttl;
}

SEC("xdp")
int export_flows(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 bytes = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct flow_key key = {};
    __u8 flags = 0, ttl;

    if (!eth)
        return XDP_PASS;
    __be16 type = eth->h_proto;

    if (is_vlan(type)) {
        struct vlan_tag *tag = take(&cursor, sizeof(*tag));

        if (!tag)
            return XDP_DROP;
        key.vlan = bpf_ntohs(tag->tci) & 0xfff;
        type = tag->protocol;
    }
    if (type == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return XDP_DROP;
        key.family = 4;
        key.source.v4 = ip->saddr;
        key.destination.v4 = ip->daddr;
        key.protocol = ip->protocol;
        ttl = ip->ttl;
        if (ip->frag_off & bpf_htons(IP_OFFSET))
            goto update;
    } else if (type == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return XDP_DROP;
        key.family = 6;
        __builtin_memcpy(&key.source, &ip->saddr, sizeof(key.source));
        __builtin_memcpy(&key.destination, &ip->daddr, sizeof(key.destination));
        key.protocol = ip->nexthdr;
        ttl = ip->hop_limit;
    } else {
        return XDP_PASS;
    }
    if (read_ports(&cursor, &key, &flags) < 0)
        return XDP_DROP;
update:;
    __u64 now = bpf_ktime_get_ns();
    struct flow *flow = bpf_map_lookup_elem(&flows, &key);

    if (!flow) {
        struct flow fresh = {.first_ns = now, .shortest = 0xffff};

        account(&fresh, now, bytes, flags, ttl);
        if (bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST))
            lost += 1;
        return XDP_PASS;
    }
    account(flow, now, bytes, flags, ttl);
    if (flags & 5) {
        struct flow copy = *flow;

        bpf_map_update_elem(&ended, &key, &copy, BPF_ANY);
        bpf_map_delete_elem(&flows, &key);
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
