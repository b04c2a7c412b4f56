/* IPIP and GUE: headers put in front of the packet, which leave its own as they are. */
#ifndef LOAD_BALANCER_TUNNEL_H
#define LOAD_BALANCER_TUNNEL_H

#include "maps.h"

static __always_inline void set_ethernet(struct ethhdr *fresh, const struct ethhdr *old, __be16 protocol) {
    __u8 own[ETH_ALEN];

    __builtin_memcpy(own, old->h_dest, ETH_ALEN);
#pragma unroll
    for (int i = 0; i < ETH_ALEN; ++i)
        fresh->h_dest[i] = gateway_mac[i];
    __builtin_memcpy(fresh->h_source, own, ETH_ALEN);
    fresh->h_proto = protocol;
}

static __always_inline void set_ipv4(struct iphdr *ip, __u8 tos, __be32 from, __be32 to, __u8 protocol, __u16 length) {
    ip->version = 4;
    ip->ihl = 5;
    ip->tos = tos;
    ip->tot_len = bpf_htons(length + sizeof(*ip));
    ip->id = 0;
    ip->frag_off = 0;
    ip->ttl = TUNNEL_TTL;
    ip->protocol = protocol;
    ip->check = 0;
    ip->saddr = from;
    ip->daddr = to;
    ip->check = header_checksum(ip);
}

static __always_inline void set_ipv6(struct ipv6hdr *ip, __u8 tos, const __be32 *from, const __be32 *to, __u8 next,
                                     __u16 length) {
    ip->version = 6;
    ip->priority = tos >> 4;
    ip->flow_lbl[0] = tos << 4;
    ip->flow_lbl[1] = 0;
    ip->flow_lbl[2] = 0;
    ip->payload_len = bpf_htons(length);
    ip->nexthdr = next;
    ip->hop_limit = TUNNEL_TTL;
    __builtin_memcpy(&ip->saddr, from, 16);
    __builtin_memcpy(&ip->daddr, to, 16);
}

/* Source addresses of the tunnel differ by flow, so that the servers' NICs spread them over their queues. */
static __always_inline __be32 spread_v4(const struct flow *flow, __u32 source) {
    return bpf_htonl(0xac100000) | ((bpf_htonl(source) ^ flow->port[0]) & bpf_htonl(0xffff));
}

/* `tags` is the number of VLAN tags, which the tunnel's packet does without. */
static __always_inline int encapsulate_v4(struct xdp_md *ctx, const struct parsed *parsed, const struct server *server,
                                          int gue, int is_ipv6, int tags) {
    int size = sizeof(struct iphdr) + (gue ? sizeof(struct udphdr) : 0);
    __be32 source = gue ? tunnel_source_v4 : spread_v4(&parsed->flow, parsed->flow.source.v6[is_ipv6 ? 3 : 0]);

    if (bpf_xdp_adjust_head(ctx, tags * (int)sizeof(struct vlan_tag) - size))
        return XDP_DROP;
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *fresh = take(&cursor, sizeof(*fresh));

    if (!fresh)
        return XDP_DROP;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    void *old = (void *)fresh + size - tags * (int)sizeof(struct vlan_tag);

    if (old + sizeof(struct ethhdr) > cursor.end)
        return XDP_DROP;
    set_ethernet(fresh, old, bpf_htons(ETH_P_IP));
    __u16 length = parsed->length;

    if (gue) {
        struct udphdr *udp = take(&cursor, sizeof(*udp));

        if (!udp)
            return XDP_DROP;
        length += sizeof(*udp);
        udp->source = bpf_htons(0x8000 | (hash_flow(&parsed->flow, is_ipv6, 0) & 0x7fff));
        udp->dest = bpf_htons(GUE_PORT);
        udp->len = bpf_htons(length);
        udp->check = 0;
    }
    set_ipv4(ip, parsed->tos, source, server->address.v4, gue ? IPPROTO_UDP : is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP,
             length);
    return XDP_TX;
}

static __always_inline int encapsulate_v6(struct xdp_md *ctx, const struct parsed *parsed, const struct server *server,
                                          int gue, int is_ipv6, int tags) {
    int size = sizeof(struct ipv6hdr) + (gue ? sizeof(struct udphdr) : 0);
    __be32 source[4] = {tunnel_source_v6[0], tunnel_source_v6[1], tunnel_source_v6[2], tunnel_source_v6[3]};

    if (!gue) {
        source[2] = parsed->flow.source.v6[is_ipv6 ? 3 : 0];
        source[3] ^= parsed->flow.port[0];
    }
    if (bpf_xdp_adjust_head(ctx, tags * (int)sizeof(struct vlan_tag) - size))
        return XDP_DROP;
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *fresh = take(&cursor, sizeof(*fresh));

    if (!fresh)
        return XDP_DROP;
    struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    void *old = (void *)fresh + size - tags * (int)sizeof(struct vlan_tag);

    if (old + sizeof(struct ethhdr) > cursor.end)
        return XDP_DROP;
    set_ethernet(fresh, old, bpf_htons(ETH_P_IPV6));
    __u16 length = parsed->length;

    if (gue) {
        struct udphdr *udp = take(&cursor, sizeof(*udp));

        if (!udp)
            return XDP_DROP;
        length += sizeof(*udp);
        udp->source = bpf_htons(0x8000 | (hash_flow(&parsed->flow, is_ipv6, 0) & 0x7fff));
        udp->dest = bpf_htons(GUE_PORT);
        udp->len = bpf_htons(length);
        udp->check = 0;
    }
    set_ipv6(ip, parsed->tos, source, server->address.v6, gue ? IPPROTO_UDP : is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP,
             length);
    return XDP_TX;
}

#endif
