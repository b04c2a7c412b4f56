/*
 * An access list: rules over addresses, ports and TCP flags in order, the first that fits decides. The list is an array,
 * walked by a bounded loop; hosts that were let in once are remembered, so that their later packets need no walk.
 */
#include "packet.h"

#define RULES 32

enum verdict {
    END,
    PERMIT,
    DENY,
    RESET,
};

struct rule {
    __be32 source, source_mask;
    __be32 destination, destination_mask;
    __u16 first_port, last_port;
    __u8 protocol;
    __u8 flags, flags_mask;
    __u8 verdict;
};

struct flow {
    __be32 source;
    __be32 destination;
    __be16 source_port;
    __be16 destination_port;
    __u32 protocol;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct rule);
    __uint(max_entries, RULES);
} rules SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct flow);
    __type(value, __u64);
    __uint(max_entries, 1024);
} established SEC(".maps");

/* How often each rule decided; the last place is for packets that none fits. */
__u64 hits[RULES + 1];
static __u32 walked;

struct packet {
    struct flow flow;
    __u8 flags;
};

static int fits(const struct rule *rule, const struct packet *packet) {
    __u16 port = bpf_ntohs(packet->flow.destination_port);

    if ((packet->flow.source & rule->source_mask) != rule->source)
        return 0;
    if ((packet->flow.destination & rule->destination_mask) != rule->destination)
        return 0;
    if (rule->protocol && rule->protocol != packet->flow.protocol)
        return 0;
    if (port < rule->first_port || port > rule->last_port)
        return 0;
    return (packet->flags & rule->flags_mask) == rule->flags;
}

static __always_inline int parse(struct cursor *cursor, struct packet *packet) {
    struct iphdr *ip = take(cursor, sizeof(*ip));

    if (!ip || ip->ihl < 5)
        return -1;
    if (ip->frag_off & bpf_htons(IP_OFFSET))
        return 0;
    if (ip->ihl > 5 && !take(cursor, (ip->ihl - 5) * 4))
        return -1;
    packet->flow.source = ip->saddr;
    packet->flow.destination = ip->daddr;
    packet->flow.protocol = ip->protocol;
    if (ip->protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = take(cursor, sizeof(*tcp));

        if (!tcp)
            return -1;
        packet->flow.source_port = tcp->source;
        packet->flow.destination_port = tcp->dest;
        packet->flags = ((__u8 *)tcp)[13];
    } else if (ip->protocol == IPPROTO_UDP) {
        struct udphdr *udp = take(cursor, sizeof(*udp));

        if (!udp)
            return -1;
        packet->flow.source_port = udp->source;
        packet->flow.destination_port = udp->dest;
    }
    return 1;
}

SEC("xdp")
int access_list(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct packet packet = {};

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    int parsed = parse(&cursor, &packet);

    if (parsed <= 0)
        return parsed ? XDP_ABORTED : XDP_DROP;
    __u64 *known = bpf_map_lookup_elem(&established, &packet.flow);

    if (known) {
        __sync_fetch_and_add(known, 1);
        return XDP_PASS;
    }
    __u32 index;
    __u8 verdict = DENY;

    walked += 1;
    for (index = 0; index < RULES; ++index) {
        __u32 key = index;
        struct rule *rule = bpf_map_lookup_elem(&rules, &key);

        if (!rule || rule->verdict == END) {
            index = RULES;
            break;
        }
        if (fits(rule, &packet)) {
            verdict = rule->verdict;
            break;
        }
    }
    if (index <= RULES)
        hits[index] += 1;
    if (verdict == PERMIT) {
        __u64 first = 1;

        bpf_map_update_elem(&established, &packet.flow, &first, BPF_NOEXIST);
        return XDP_PASS;
    }
    if (verdict == RESET) {
        swap_addresses(eth);
        return XDP_TX;
    }
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
