/* From the Ethernet header to the connection that a packet belongs to. */
#ifndef FIREWALL_PARSE_H
#define FIREWALL_PARSE_H

#include "maps.h"

/* What parsing leaves behind. */
struct packet {
    struct flow flow;
    union address source;
    __be16 destination_port;
    __u8 from; /* the end that sent it */
    __u8 zone;
    __u8 flags; /* enum flag_class */
    __u8 tcp;
    __u32 sequence;
    __u32 segment; /* sequence numbers that it takes */
    __u32 window;
    __u32 length;
};

static __always_inline int parse_transport(struct cursor *cursor, struct packet *packet, struct endpoint *from,
                                           struct endpoint *to) {
    if (packet->flow.protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = take(cursor, sizeof(*tcp));

        if (!tcp || tcp->doff < 5)
            return 0;
        from->port = tcp->source;
        to->port = tcp->dest;
        packet->tcp = 1;
        packet->sequence = bpf_ntohl(tcp->seq);
        packet->window = bpf_ntohs(tcp->window);
        packet->segment = packet->length - tcp->doff * 4 + tcp->syn + tcp->fin;
        if (tcp->rst)
            packet->flags = FLAGS_RST;
        else if (tcp->syn)
            packet->flags = tcp->ack ? FLAGS_SYN_ACK : FLAGS_SYN;
        else if (tcp->fin)
            packet->flags = FLAGS_FIN;
        else if (tcp->ack)
            packet->flags = FLAGS_ACK;
        else
            return 0;
        /* Flags that no stack sends together. */
        return !(tcp->syn && (tcp->fin || tcp->rst));
    }
    if (packet->flow.protocol == IPPROTO_UDP) {
        struct udphdr *udp = take(cursor, sizeof(*udp));

        if (!udp || bpf_ntohs(udp->len) < sizeof(*udp))
            return 0;
        from->port = udp->source;
        to->port = udp->dest;
        return 1;
    }
    if (packet->flow.protocol == IPPROTO_ICMP || packet->flow.protocol == IPPROTO_ICMPV6) {
        struct icmphdr *icmp = take(cursor, sizeof(*icmp));

        if (!icmp)
            return 0;
        /* Request and reply are one flow. */
        from->port = to->port = icmp->un.echo.id;
        return 1;
    }
    return 1;
}

/* Orders the ends of the flow; the result is the place of the sender's. */
static __always_inline int order(struct flow *flow, const struct endpoint *from, const struct endpoint *to) {
    int greater = 0;
    int decided = 0;

#pragma unroll
    for (int i = 0; i < 4; ++i) {
        if (decided || from->address.v6[i] == to->address.v6[i])
            continue;
        greater = from->address.v6[i] > to->address.v6[i];
        decided = 1;
    }
    if (!decided)
        greater = from->port > to->port;
    if (greater) {
        flow->ends[0] = *to;
        flow->ends[1] = *from;
    } else {
        flow->ends[0] = *from;
        flow->ends[1] = *to;
    }
    return greater;
}

static __always_inline int parse_v4(struct cursor *cursor, struct packet *packet) {
    struct endpoint from = {}, to = {};
    struct iphdr *ip = take(cursor, sizeof(*ip));

    if (!ip || ip->ihl < 5)
        return 0;
    __u32 options = ip->ihl - 5;

    opaque(options);
    if (!take(cursor, (options & 0xf) * 4))
        return 0;
    packet->length = bpf_ntohs(ip->tot_len) - ip->ihl * 4;
    packet->flow.protocol = ip->protocol;
    from.address.v4 = ip->saddr;
    to.address.v4 = ip->daddr;
    packet->source = from.address;
    /* Only a first fragment has ports; the others are of the protocol alone. */
    if (!(ip->frag_off & bpf_htons(IP_OFFSET)) && !parse_transport(cursor, packet, &from, &to))
        return 0;
    struct zone_key_v4 key = {.bits = 32, .address = ip->saddr};
    __u8 *zone = bpf_map_lookup_elem(&zones_v4, &key);

    packet->zone = zone ? *zone : 1;
    packet->destination_port = to.port;
    packet->from = order(&packet->flow, &from, &to);
    return 1;
}

#define MAX_EXTENSIONS 4

/* Steps over extension headers, a bounded number of them of lengths that the packet says. */
static __always_inline int skip_extensions(struct cursor *cursor, __u8 next) {
#pragma unroll
    for (int i = 0; i < MAX_EXTENSIONS; ++i) {
        struct ipv6_opt_hdr *option;

        switch (next) {
        case IPPROTO_HOPOPTS:
        case IPPROTO_DSTOPTS:
        case IPPROTO_ROUTING:
            option = take(cursor, sizeof(*option));
            if (!option || !take(cursor, option->hdrlen * 8 + 6))
                return -1;
            next = option->nexthdr;
            break;
        case IPPROTO_AH:
            option = take(cursor, sizeof(*option));
            if (!option || !take(cursor, option->hdrlen * 4 + 6))
                return -1;
            next = option->nexthdr;
            break;
        case IPPROTO_FRAGMENT:
            option = take(cursor, 8);
            if (!option)
                return -1;
            next = option->nexthdr;
            break;
        default:
            return next;
        }
    }
    return -1;
}

static __always_inline int parse_v6(struct cursor *cursor, struct packet *packet) {
    struct endpoint from = {}, to = {};
    struct ipv6hdr *ip = take(cursor, sizeof(*ip));

    if (!ip)
        return 0;
    void *payload = cursor->at;
    int protocol = skip_extensions(cursor, ip->nexthdr);

    if (protocol < 0)
        return 0;
    packet->length = bpf_ntohs(ip->payload_len) - (__u32)(cursor->at - payload);
    packet->flow.protocol = protocol;
    __builtin_memcpy(from.address.v6, &ip->saddr, 16);
    __builtin_memcpy(to.address.v6, &ip->daddr, 16);
    packet->source = from.address;
    if (!parse_transport(cursor, packet, &from, &to))
        return 0;
    struct zone_key_v6 key = {.bits = 128};

    __builtin_memcpy(key.address, &ip->saddr, 16);
    __u8 *zone = bpf_map_lookup_elem(&zones_v6, &key);

    packet->zone = zone ? *zone : 1;
    packet->destination_port = to.port;
    packet->from = order(&packet->flow, &from, &to);
    return 1;
}

#endif
