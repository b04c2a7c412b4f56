/*
 * A layer 4 load balancer as large sites run it: virtual addresses, a ring of real servers for each that a hash of the
 * flow picks from, an LRU table that keeps flows where they are while the ring changes, and IP in IP to the server, which
 * answers directly. Packets too large for the tunnel are answered with ICMP "fragmentation needed", pings of a virtual
 * address with a reply.
 */
#include "jhash.h"
#include "packet.h"

#define RING 64
#define MTU 1500
#define QUOTED (sizeof(struct iphdr) + 8)

struct service_key {
    __be32 address;
    __be16 port;
    __u16 protocol;
};

struct service {
    __u32 number;
    __u32 flags;
};

#define IGNORES_SOURCE_PORT 1
#define WITHOUT_TABLE 2

struct flow {
    __be32 source;
    __be32 destination;
    __be16 ports[2];
    __u32 protocol;
};

struct counters {
    __u64 packets;
    __u64 bytes;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct service_key);
    __type(value, struct service);
    __uint(max_entries, 64);
} services SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 4 * RING);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __be32);
    __uint(max_entries, 32);
} servers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct flow);
    __type(value, __u32);
    __uint(max_entries, 4096);
} connections SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct counters);
    __uint(max_entries, 32);
} by_server SEC(".maps");

volatile const __be32 tunnel_source = 0x0100a8c0;
volatile const __u8 gateway[ETH_ALEN] = {2, 0, 0, 0, 0, 0xfe};

static __always_inline int reply_ping(struct ethhdr *eth, struct iphdr *ip, struct icmphdr *icmp) {
    __u16 before = *(__u16 *)icmp;
    __be32 own = ip->daddr;

    icmp->type = ICMP_ECHOREPLY;
    icmp->checksum = adjust_checksum(icmp->checksum, before, *(__u16 *)icmp);
    ip->daddr = ip->saddr;
    ip->saddr = own;
    swap_addresses(eth);
    return XDP_TX;
}

/* The packet becomes the answer: new headers in front, all but the first of it cut off. */
static __always_inline int too_big(struct xdp_md *ctx, __u32 length) {
    int front = sizeof(struct iphdr) + sizeof(struct icmphdr);

    if (bpf_xdp_adjust_tail(ctx, (int)(sizeof(struct ethhdr) + QUOTED) - (int)length))
        return XDP_DROP;
    if (bpf_xdp_adjust_head(ctx, -front))
        return XDP_DROP;
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth) + front + QUOTED);

    if (!eth)
        return XDP_DROP;
    struct iphdr *ip = (void *)(eth + 1);
    struct icmphdr *icmp = (void *)(ip + 1);
    struct iphdr *quoted = (void *)(icmp + 1);
    struct ethhdr copy = *(struct ethhdr *)((void *)quoted - sizeof(copy));
    __u64 sum = 0;

    __builtin_memcpy(eth->h_dest, copy.h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, copy.h_dest, ETH_ALEN);
    eth->h_proto = copy.h_proto;
    __builtin_memset(ip, 0, sizeof(*ip));
    ip->version = 4;
    ip->ihl = 5;
    ip->tot_len = bpf_htons(front + QUOTED);
    ip->ttl = 64;
    ip->protocol = IPPROTO_ICMP;
    ip->saddr = quoted->daddr;
    ip->daddr = quoted->saddr;
    ip->check = header_checksum(ip);
    icmp->type = ICMP_DEST_UNREACH;
    icmp->code = ICMP_FRAG_NEEDED;
    icmp->checksum = 0;
    icmp->un.gateway = bpf_htonl(MTU - sizeof(struct iphdr));
    __u16 *words = (void *)icmp;

#pragma unroll
    for (int i = 0; i < (int)(sizeof(*icmp) + QUOTED) / 2; ++i)
        sum += words[i];
    icmp->checksum = fold(sum);
    return XDP_TX;
}

static __always_inline __u32 pick(const struct flow *flow, const struct service *service, int is_new) {
    __u32 *known = 0, server;

    if (!(service->flags & WITHOUT_TABLE) && !is_new)
        known = bpf_map_lookup_elem(&connections, flow);
    if (known)
        return *known;
    __u32 hash = jhash_words((const __u32 *)flow, sizeof(*flow) / 4, service->number);
    __u32 place = service->number % 4 * RING + hash % RING;
    __u32 *chosen = bpf_map_lookup_elem(&ring, &place);

    server = chosen ? *chosen : 0;
    if (server && !(service->flags & WITHOUT_TABLE))
        bpf_map_update_elem(&connections, flow, &server, BPF_ANY);
    return server;
}

static __always_inline int encapsulate(struct xdp_md *ctx, __be32 server, __u16 length) {
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct iphdr)))
        return XDP_DROP;
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth) + 2 * sizeof(struct iphdr));

    if (!eth)
        return XDP_DROP;
    struct ethhdr *old = (void *)eth + sizeof(struct iphdr);
    struct iphdr *outer = (void *)(eth + 1), *inner = outer + 1;

    __builtin_memcpy(eth->h_source, old->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, (const void *)gateway, ETH_ALEN);
    eth->h_proto = bpf_htons(ETH_P_IP);
    outer->version = 4;
    outer->ihl = 5;
    outer->tos = inner->tos;
    outer->tot_len = bpf_htons(length + sizeof(*outer));
    outer->id = 0;
    outer->frag_off = 0;
    outer->ttl = 64;
    outer->protocol = IPPROTO_IPIP;
    outer->check = 0;
    outer->saddr = tunnel_source ^ (inner->saddr & bpf_htonl(0xffff));
    outer->daddr = server;
    outer->check = header_checksum(outer);
    return XDP_TX;
}

SEC("xdp")
int balance(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 length = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    int is_new = 0;

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5)
        return XDP_DROP;
    if (ip->frag_off & bpf_htons(IP_OFFSET | IP_MORE_FRAGMENTS))
        return XDP_DROP;
    struct service_key key = {.address = ip->daddr, .protocol = ip->protocol};
    struct flow flow = {.source = ip->saddr, .destination = ip->daddr, .protocol = ip->protocol};

    if (ip->protocol == IPPROTO_ICMP) {
        struct icmphdr *icmp = take(&cursor, sizeof(*icmp));
        struct service *service = bpf_map_lookup_elem(&services, &key);

        return service && icmp && icmp->type == ICMP_ECHO ? reply_ping(eth, ip, icmp) : XDP_PASS;
    }
    if (ip->protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

        if (!tcp)
            return XDP_DROP;
        flow.ports[0] = tcp->source;
        key.port = flow.ports[1] = tcp->dest;
        is_new = tcp->syn;
    } else if (ip->protocol == IPPROTO_UDP) {
        struct udphdr *udp = take(&cursor, sizeof(*udp));

        if (!udp)
            return XDP_DROP;
        flow.ports[0] = udp->source;
        key.port = flow.ports[1] = udp->dest;
    } else {
        return XDP_PASS;
    }
    struct service *service = bpf_map_lookup_elem(&services, &key);

    if (!service)
        return XDP_PASS;
    __u16 bytes = bpf_ntohs(ip->tot_len);

    if (bytes > MTU - sizeof(struct iphdr))
        return length > sizeof(struct ethhdr) + QUOTED ? too_big(ctx, length) : XDP_DROP;
    if (service->flags & IGNORES_SOURCE_PORT)
        flow.ports[0] = 0;
    __u32 number = pick(&flow, service, is_new);
    __be32 *server = bpf_map_lookup_elem(&servers, &number);
    struct counters *counters = bpf_map_lookup_elem(&by_server, &number);

    if (!number || !server || !counters)
        return XDP_DROP;
    counters->packets += 1;
    counters->bytes += bytes;
    return encapsulate(ctx, *server, bytes);
}

char _license[] SEC("license") = "GPL";
