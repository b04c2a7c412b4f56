/*
 * A layer 4 load balancer: packets to a virtual address go to one of its servers, in a tunnel, and come back from the
 * server without passing here.
 *
 * A connection keeps its server by the connection table of the CPU that it arrives on (LRU, maps in a map); a new one
 * finds it on the consistent-hash ring of the virtual address, and QUIC names its server in the connection id. ICMP
 * errors follow the connection that they are about. Echo requests are answered.
 *
 * `load_balancer` calls its parts; `load_balancer_inline` is the same with all of them inlined, and once for each depth
 * of VLAN tags, which makes header offsets constant and the program large.
 */
#include "load_balancer/maps.h"
#include "load_balancer/parse.h"
#include "load_balancer/tunnel.h"

/*
 * The server's id in a QUIC connection id: two bits of version, 16 bits of id. A long header has the id behind its
 * length byte, a short one right behind the first byte.
 */
static __always_inline int quic_server(struct cursor cursor, __u32 *server) {
    __u8 *first = take(&cursor, 1);

    if (!first)
        return 0;
    __u8 *id;

    if (*first & 0x80) {
        struct {
            __be32 version;
            __u8 length;
        } __attribute__((packed)) *header = take(&cursor, 5);

        if (!header)
            return 0;
        /* An initial or 0-RTT packet carries an id that the client made up. */
        if ((*first & 0x30) < 0x20 || header->length < 8)
            return 0;
        id = take(&cursor, 8);
    } else {
        id = take(&cursor, 8);
    }
    if (!id || (id[0] & 0xc0) != 0x40)
        return 0;
    __u32 number = (id[0] & 0x3f) << 10 | id[1] << 2 | id[2] >> 6;
    __u32 *found = bpf_map_lookup_elem(&quic_servers, &number);

    if (!found || *found == 0)
        return 0;
    *server = *found;
    return 1;
}

static __always_inline int too_many_new(__u64 now) {
    __u32 zero = 0;
    struct rate *rate = bpf_map_lookup_elem(&new_rate, &zero);

    if (!rate)
        return 0;
    if (now - rate->second > 1000000000) {
        rate->second = now;
        rate->count = 1;
        return 0;
    }
    return ++rate->count > NEW_CONNECTIONS_PER_SECOND;
}

static __always_inline int ring_server(const struct vip *vip, const struct flow *flow, int is_ipv6, __u32 *server) {
    __u32 hash = hash_flow(flow, is_ipv6, vip->flags & VIP_NO_SOURCE_PORT);
    __u32 slot = vip->number * RING_SIZE + hash % RING_SIZE;
    __u32 *found = bpf_map_lookup_elem(&rings, &slot);

    if (!found)
        return 0;
    *server = *found;
    count(STAT_RING, 0);
    return 1;
}

static __always_inline struct server *choose(struct vip *vip, struct parsed *parsed, struct cursor cursor,
                                            int is_ipv6) {
    __u32 number = 0;
    __u32 flags = vip->flags;

    count(STAT_LOOKUPS, parsed->length);
    if (flags & VIP_QUIC && parsed->flow.protocol == IPPROTO_UDP && !(parsed->flags & PACKET_ICMP)
        && quic_server(cursor, &number)) {
        count(STAT_QUIC, 0);
        return bpf_map_lookup_elem(&servers, &number);
    }
    if (flags & VIP_NO_SOURCE_PORT)
        parsed->flow.port[0] = 0;
    __u32 cpu = bpf_get_smp_processor_id();
    void *table = bpf_map_lookup_elem(&tables, &cpu);

    if (!table)
        table = &shared_table;
    __u64 now = bpf_ktime_get_ns();

    if (!(flags & VIP_NO_TABLE) && !(parsed->flags & PACKET_SYN)) {
        struct connection *known = bpf_map_lookup_elem(table, &parsed->flow);

        if (known && (parsed->flow.protocol != IPPROTO_UDP || now - known->last_ns <= IDLE_NS)) {
            known->last_ns = now;
            number = known->server;
            count(STAT_TABLE_HITS, 0);
            return bpf_map_lookup_elem(&servers, &number);
        }
    }
    if (!ring_server(vip, &parsed->flow, is_ipv6, &number))
        return 0;
    if (!(flags & VIP_NO_TABLE)) {
        if (too_many_new(now)) {
            count(STAT_RATE_LIMITED, 0);
        } else {
            struct connection fresh = {.server = number, .last_ns = now};

            bpf_map_update_elem(table, &parsed->flow, &fresh, BPF_ANY);
            count(STAT_NEW, 0);
        }
    }
    return bpf_map_lookup_elem(&servers, &number);
}

static __always_inline struct vip *find_vip(const struct flow *flow) {
    struct vip_key key = {.address = flow->destination, .port = flow->port[1], .protocol = flow->protocol};
    struct vip *vip = bpf_map_lookup_elem(&vips, &key);

    if (vip)
        return vip;
    key.port = 0;
    return bpf_map_lookup_elem(&vips, &key);
}

/* The whole way of a packet, once the offset of its IP header is known. */
static __always_inline int balance(struct xdp_md *ctx, struct ethhdr *eth, struct cursor cursor, int is_ipv6,
                                   int tags) {
    struct parsed parsed = {};
    int action = is_ipv6 ? parse_v6(eth, &cursor, &parsed) : parse_v4(eth, &cursor, &parsed);

    if (action != GO_ON)
        return action;
    struct vip *vip = find_vip(&parsed.flow);

    if (!vip)
        return XDP_PASS;
    if (cursor.end - (void *)eth > MAX_PACKET)
        return XDP_DROP;
    __u32 number = vip->number;
    int gue = vip->flags & VIP_GUE;
    struct server *server = choose(vip, &parsed, cursor, is_ipv6);

    if (!server)
        return XDP_DROP;
    if (number < MAX_VIPS)
        count(number, parsed.length);
    if (server->flags & SERVER_IPV6)
        return gue ? encapsulate_v6(ctx, &parsed, server, 1, is_ipv6, tags)
                   : encapsulate_v6(ctx, &parsed, server, 0, is_ipv6, tags);
    /* An IPv6 packet to an IPv4 server goes in GUE only. */
    if (is_ipv6 && !gue)
        return XDP_DROP;
    return gue ? encapsulate_v4(ctx, &parsed, server, 1, is_ipv6, tags)
               : encapsulate_v4(ctx, &parsed, server, 0, is_ipv6, tags);
}

static __noinline int balance_v4(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    return eth ? balance(ctx, eth, cursor, 0, 0) : XDP_DROP;
}

static __noinline int balance_v6(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    return eth ? balance(ctx, eth, cursor, 1, 0) : XDP_DROP;
}

SEC("xdp")
int load_balancer(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP))
        return balance_v4(ctx);
    if (eth->h_proto == bpf_htons(ETH_P_IPV6))
        return balance_v6(ctx);
    return XDP_PASS;
}

SEC("xdp")
int load_balancer_inline(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP))
        return balance(ctx, eth, cursor, 0, 0);
    if (eth->h_proto == bpf_htons(ETH_P_IPV6))
        return balance(ctx, eth, cursor, 1, 0);
    if (!is_vlan(eth->h_proto))
        return XDP_PASS;
    struct vlan_tag *outer = take(&cursor, sizeof(*outer));

    if (!outer)
        return XDP_DROP;
    if (outer->protocol == bpf_htons(ETH_P_IP))
        return balance(ctx, eth, cursor, 0, 1);
    if (outer->protocol == bpf_htons(ETH_P_IPV6))
        return balance(ctx, eth, cursor, 1, 1);
    if (!is_vlan(outer->protocol))
        return XDP_PASS;
    struct vlan_tag *inner = take(&cursor, sizeof(*inner));

    if (!inner)
        return XDP_DROP;
    if (inner->protocol == bpf_htons(ETH_P_IP))
        return balance(ctx, eth, cursor, 0, 2);
    if (inner->protocol == bpf_htons(ETH_P_IPV6))
        return balance(ctx, eth, cursor, 1, 2);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
