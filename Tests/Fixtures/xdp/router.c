/*
 * An IPv4 and IPv6 router: the longest prefix of the destination names a next hop, whose Ethernet addresses the packet
 * gets before it leaves on the next hop's interface, with one less to live.
 *
 * `router` has tables of its own (policy by source prefix first, groups of next hops by hash), `router_fib` asks the
 * kernel's, `router_flat` is `router` with a table lookup for IPv4 in two plain arrays (20 bits, then 12), and
 * `router_egress` runs on the way out.
 */
#include "include/jhash.h"
#include "include/packet.h"

#define MAX_ROUTES 100000
#define MAX_HOPS 4096
#define MAX_PORTS 256
#define GROUP 16

#ifndef AF_INET
#define AF_INET 2
#define AF_INET6 10
#endif

struct prefix_v4 {
    __u32 bits;
    __be32 address;
};

struct prefix_v6 {
    __u32 bits;
    __be32 address[4];
};

enum route_kind {
    ROUTE_HOP,
    ROUTE_GROUP,
    ROUTE_LOCAL,
    ROUTE_BLACKHOLE,
};

struct route {
    __u32 kind;
    __u32 number; /* of a hop or group */
};

struct next_hop {
    __u32 port; /* key of `ports` */
    __u8 destination[ETH_ALEN];
    __u8 source[ETH_ALEN];
    __u16 mtu;
    __u16 vlan; /* 0: untagged */
    __u64 packets;
    __u64 bytes;
};

struct group {
    __u32 size;
    __u32 hops[GROUP];
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix_v4);
    __type(value, struct route);
    __uint(max_entries, MAX_ROUTES);
} routes_v4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix_v6);
    __type(value, struct route);
    __uint(max_entries, MAX_ROUTES);
} routes_v6 SEC(".maps");

/* Routes by source. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix_v4);
    __type(value, struct route);
    __uint(max_entries, 256);
} policies SEC(".maps");

/* By the upper 20 bits: a hop's number, or with the top bit set a block of `low_table`, which has the lower 12. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u16);
    __uint(max_entries, 1 << 20);
} high_table SEC(".maps");

struct low_block {
    __u16 hops[4096];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct low_block);
    __uint(max_entries, 64);
} low_table SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct next_hop);
    __uint(max_entries, MAX_HOPS);
} hops SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct group);
    __uint(max_entries, 1024);
} groups SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __type(key, __u32);
    __type(value, struct bpf_devmap_val);
    __uint(max_entries, MAX_PORTS);
} ports SEC(".maps");

/* By interface index, for what the kernel's table answers. */
struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, MAX_PORTS);
} interfaces SEC(".maps");

enum outcome {
    FORWARDED,
    LOCAL,
    NO_ROUTE,
    EXPIRED,
    TOO_BIG,
    MALFORMED,
    OUTCOMES,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, OUTCOMES);
} outcomes SEC(".maps");

static __always_inline int finish(__u32 outcome, int action) {
    __u64 *counter = bpf_map_lookup_elem(&outcomes, &outcome);

    if (counter)
        ++*counter;
    return action;
}

static __always_inline void age_v4(struct iphdr *ip) {
    __u32 check = ip->check;

    check += bpf_htons(0x0100);
    ip->check = check + (check >= 0xffff);
    --ip->ttl;
}

/* Puts, changes or takes off the one tag that the packet has on the way out. Ethernet addresses are set after it. */
static __always_inline int set_tag(struct xdp_md *ctx, int tagged, __u16 vlan, __be16 protocol) {
    if (tagged && !vlan) {
        if (bpf_xdp_adjust_head(ctx, sizeof(struct vlan_tag)))
            return -1;
    } else if (!tagged && vlan) {
        if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct vlan_tag)))
            return -1;
    }
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return -1;
    if (vlan) {
        struct vlan_tag *tag = take(&cursor, sizeof(*tag));

        if (!tag)
            return -1;
        tag->tci = bpf_htons(vlan);
        tag->protocol = protocol;
        eth->h_proto = bpf_htons(ETH_P_8021Q);
    } else {
        eth->h_proto = protocol;
    }
    return 0;
}

static __always_inline int leave(struct xdp_md *ctx, struct next_hop *hop, __u32 length, int tagged, __be16 protocol) {
    if (length > hop->mtu)
        return finish(TOO_BIG, XDP_PASS);
    __sync_fetch_and_add(&hop->packets, 1);
    __sync_fetch_and_add(&hop->bytes, length);
    if (set_tag(ctx, tagged, hop->vlan & 0xfff, protocol))
        return finish(MALFORMED, XDP_ABORTED);
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return finish(MALFORMED, XDP_ABORTED);
    __builtin_memcpy(eth->h_dest, hop->destination, ETH_ALEN);
    __builtin_memcpy(eth->h_source, hop->source, ETH_ALEN);
    finish(FORWARDED, 0);
    return bpf_redirect_map(&ports, hop->port, XDP_ABORTED);
}

static __always_inline struct next_hop *hop_of(const struct route *route, __u32 hash) {
    __u32 number = route->number;

    if (route->kind == ROUTE_GROUP) {
        struct group *group = bpf_map_lookup_elem(&groups, &number);

        if (!group || !group->size)
            return 0;
        __u32 place = hash % group->size;

        opaque(place);
        number = group->hops[place & (GROUP - 1)];
    }
    return bpf_map_lookup_elem(&hops, &number);
}

/* The ports where the packet has some, for a hash that keeps a flow on one way. */
static __always_inline __u32 ports_of(struct cursor cursor, __u8 protocol) {
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return 0;
    __be32 *both = take(&cursor, sizeof(*both));

    return both ? *both : 0;
}

static __always_inline struct route *find_v4(const struct iphdr *ip) {
    struct prefix_v4 key = {.bits = 32, .address = ip->saddr};
    struct route *policy = bpf_map_lookup_elem(&policies, &key);

    if (policy)
        return policy;
    key.address = ip->daddr;
    return bpf_map_lookup_elem(&routes_v4, &key);
}

static __always_inline int route_v4(struct xdp_md *ctx, struct cursor cursor, int tagged, int flat) {
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->version != 4 || ip->ihl < 5)
        return finish(MALFORMED, XDP_DROP);
    __u32 options = ip->ihl - 5;

    /* An offset that is not constant. The mask is for the verifier: ihl is 4 bits wide. */
    opaque(options);
    if (!take(&cursor, (options & 0xf) * 4))
        return finish(MALFORMED, XDP_DROP);
    if (ip->ttl <= 1)
        return finish(EXPIRED, XDP_PASS);
    struct route route = {};

    if (flat) {
        __u32 destination = bpf_ntohl(ip->daddr);
        __u32 high = destination >> 12;
        __u16 *entry = bpf_map_lookup_elem(&high_table, &high);

        if (!entry || !*entry)
            return finish(NO_ROUTE, XDP_PASS);
        route.number = *entry;
        if (route.number & 0x8000) {
            __u32 number = route.number & 0x7fff;
            struct low_block *block = bpf_map_lookup_elem(&low_table, &number);

            if (!block)
                return finish(NO_ROUTE, XDP_PASS);
            route.number = block->hops[destination & 0xfff];
        }
    } else {
        struct route *found = find_v4(ip);

        if (!found)
            return finish(NO_ROUTE, XDP_PASS);
        route = *found;
    }
    if (route.kind == ROUTE_LOCAL)
        return finish(LOCAL, XDP_PASS);
    if (route.kind == ROUTE_BLACKHOLE)
        return finish(NO_ROUTE, XDP_DROP);
    __u32 hash = jhash_3words(ip->saddr, ip->daddr, ports_of(cursor, ip->protocol), ip->protocol);
    struct next_hop *hop = hop_of(&route, hash);

    if (!hop)
        return finish(NO_ROUTE, XDP_DROP);
    age_v4(ip);
    return leave(ctx, hop, bpf_ntohs(ip->tot_len), tagged, bpf_htons(ETH_P_IP));
}

static __always_inline int route_v6(struct xdp_md *ctx, struct cursor cursor, int tagged) {
    struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->version != 6)
        return finish(MALFORMED, XDP_DROP);
    if (ip->hop_limit <= 1)
        return finish(EXPIRED, XDP_PASS);
    /* Link-local and multicast stay here. */
    if (ip->daddr.s6_addr[0] == 0xff || (ip->daddr.s6_addr16[0] & bpf_htons(0xffc0)) == bpf_htons(0xfe80))
        return finish(LOCAL, XDP_PASS);
    struct prefix_v6 key = {.bits = 128};

    __builtin_memcpy(key.address, &ip->daddr, sizeof(key.address));
    struct route *route = bpf_map_lookup_elem(&routes_v6, &key);

    if (!route)
        return finish(NO_ROUTE, XDP_PASS);
    if (route->kind == ROUTE_LOCAL)
        return finish(LOCAL, XDP_PASS);
    if (route->kind == ROUTE_BLACKHOLE)
        return finish(NO_ROUTE, XDP_DROP);
    __u32 words[9];

    __builtin_memcpy(words, &ip->saddr, 32);
    words[8] = ports_of(cursor, ip->nexthdr);
    struct next_hop *hop = hop_of(route, jhash_words(words, 9, ip->nexthdr));

    if (!hop)
        return finish(NO_ROUTE, XDP_DROP);
    --ip->hop_limit;
    return leave(ctx, hop, bpf_ntohs(ip->payload_len) + sizeof(*ip), tagged, bpf_htons(ETH_P_IPV6));
}

static __always_inline int route(struct xdp_md *ctx, int flat) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return finish(MALFORMED, XDP_DROP);
    __be16 protocol = eth->h_proto;
    int tagged = 0;

    if (is_vlan(protocol)) {
        struct vlan_tag *tag = take(&cursor, sizeof(*tag));

        if (!tag)
            return finish(MALFORMED, XDP_DROP);
        protocol = tag->protocol;
        tagged = 1;
    }
    if (protocol == bpf_htons(ETH_P_IP))
        return route_v4(ctx, cursor, tagged, flat);
    if (protocol == bpf_htons(ETH_P_IPV6))
        return route_v6(ctx, cursor, tagged);
    return XDP_PASS;
}

SEC("xdp")
int router(struct xdp_md *ctx) {
    return route(ctx, 0);
}

SEC("xdp")
int router_flat(struct xdp_md *ctx) {
    return route(ctx, 1);
}

/* The kernel's own routes and neighbours. */
SEC("xdp")
int router_fib(struct xdp_md *ctx) {
    struct bpf_fib_lookup fib = {};
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct iphdr *ip = 0;
    struct ipv6hdr *ip6 = 0;

    if (!eth)
        return finish(MALFORMED, XDP_DROP);
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        ip = take(&cursor, sizeof(*ip));
        if (!ip)
            return finish(MALFORMED, XDP_DROP);
        if (ip->ttl <= 1)
            return finish(EXPIRED, XDP_PASS);
        fib.family = AF_INET;
        fib.tos = ip->tos;
        fib.l4_protocol = ip->protocol;
        fib.tot_len = bpf_ntohs(ip->tot_len);
        fib.ipv4_src = ip->saddr;
        fib.ipv4_dst = ip->daddr;
    } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        ip6 = take(&cursor, sizeof(*ip6));
        if (!ip6)
            return finish(MALFORMED, XDP_DROP);
        if (ip6->hop_limit <= 1)
            return finish(EXPIRED, XDP_PASS);
        fib.family = AF_INET6;
        fib.flowinfo = *(__be32 *)ip6 & bpf_htonl(0x0fffffff);
        fib.l4_protocol = ip6->nexthdr;
        fib.tot_len = bpf_ntohs(ip6->payload_len);
        __builtin_memcpy(fib.ipv6_src, &ip6->saddr, 16);
        __builtin_memcpy(fib.ipv6_dst, &ip6->daddr, 16);
    } else {
        return XDP_PASS;
    }
    fib.ifindex = ctx->ingress_ifindex;
    long result = bpf_fib_lookup(ctx, &fib, sizeof(fib), 0);

    switch (result) {
    case BPF_FIB_LKUP_RET_SUCCESS:
        break;
    case BPF_FIB_LKUP_RET_BLACKHOLE:
    case BPF_FIB_LKUP_RET_UNREACHABLE:
    case BPF_FIB_LKUP_RET_PROHIBIT:
        return finish(NO_ROUTE, XDP_DROP);
    case BPF_FIB_LKUP_RET_FRAG_NEEDED:
        return finish(TOO_BIG, XDP_PASS);
    default:
        return finish(LOCAL, XDP_PASS);
    }
    if (ip)
        age_v4(ip);
    else if (ip6)
        --ip6->hop_limit;
    __builtin_memcpy(eth->h_dest, fib.dmac, ETH_ALEN);
    __builtin_memcpy(eth->h_source, fib.smac, ETH_ALEN);
    finish(FORWARDED, 0);
    if (!bpf_map_lookup_elem(&interfaces, &fib.ifindex))
        return bpf_redirect(fib.ifindex, 0);
    return bpf_redirect_map(&interfaces, fib.ifindex, 0);
}

/* Run by the devmap's entry on the way out: sees the egress interface. */
SEC("xdp/devmap")
int router_egress(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    __u32 port = ctx->egress_ifindex;

    if (ctx->ingress_ifindex == port && eth->h_proto != bpf_htons(ETH_P_ARP))
        return finish(NO_ROUTE, XDP_DROP);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
