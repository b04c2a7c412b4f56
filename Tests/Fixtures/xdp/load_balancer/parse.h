/* From the Ethernet header to the flow that a packet belongs to. */
#ifndef LOAD_BALANCER_PARSE_H
#define LOAD_BALANCER_PARSE_H

#include "maps.h"

/* Turns an echo request into its reply, in place. */
static __always_inline int answer_echo_v4(struct ethhdr *eth, struct iphdr *ip, struct icmphdr *icmp) {
    __be32 source = ip->saddr;

    icmp->type = ICMP_ECHOREPLY;
    icmp->checksum = adjust_checksum(icmp->checksum, bpf_htons(ICMP_ECHO << 8), bpf_htons(ICMP_ECHOREPLY << 8));
    ip->ttl = TUNNEL_TTL;
    ip->saddr = ip->daddr;
    ip->daddr = source;
    ip->check = 0;
    ip->check = header_checksum(ip);
    swap_addresses(eth);
    return XDP_TX;
}

static __always_inline int answer_echo_v6(struct ethhdr *eth, struct ipv6hdr *ip, struct icmp6hdr *icmp) {
    struct in6_addr source = ip->saddr;

    icmp->icmp6_type = ICMPV6_ECHO_REPLY;
    icmp->icmp6_cksum =
        adjust_checksum(icmp->icmp6_cksum, bpf_htons(ICMPV6_ECHO_REQUEST << 8), bpf_htons(ICMPV6_ECHO_REPLY << 8));
    ip->hop_limit = TUNNEL_TTL;
    ip->saddr = ip->daddr;
    ip->daddr = source;
    swap_addresses(eth);
    return XDP_TX;
}

#define GO_ON (-1)

/* The ports; of an ICMP error the other way round, as it quotes what the server sent. */
static __always_inline int parse_ports(struct cursor *cursor, struct parsed *parsed) {
    int quoted = parsed->flags & PACKET_ICMP;

    if (parsed->flow.protocol == IPPROTO_TCP) {
        /* A quoted packet may end 8 bytes behind its IP header. */
        __be16 *ports = take(cursor, 8);

        if (!ports)
            return XDP_DROP;
        if (!quoted) {
            if ((void *)ports + sizeof(struct tcphdr) > cursor->end)
                return XDP_DROP;
            if (((struct tcphdr *)ports)->syn)
                parsed->flags |= PACKET_SYN;
        }
        parsed->flow.port[0] = quoted ? ports[1] : ports[0];
        parsed->flow.port[1] = quoted ? ports[0] : ports[1];
        return GO_ON;
    }
    if (parsed->flow.protocol == IPPROTO_UDP) {
        struct udphdr *udp = take(cursor, sizeof(*udp));

        if (!udp)
            return XDP_DROP;
        parsed->flow.port[0] = quoted ? udp->dest : udp->source;
        parsed->flow.port[1] = quoted ? udp->source : udp->dest;
        return GO_ON;
    }
    return XDP_PASS;
}

static __always_inline int parse_v4(struct ethhdr *eth, struct cursor *cursor, struct parsed *parsed) {
    struct iphdr *ip = take(cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    /* Options are rare and slow: the host's stack may have them. */
    if (ip->ihl != 5)
        return XDP_PASS;
    if (ip->frag_off & bpf_htons(IP_MORE_FRAGMENTS | IP_OFFSET))
        return XDP_DROP;
    parsed->length = bpf_ntohs(ip->tot_len);
    parsed->tos = ip->tos;
    parsed->flow.protocol = ip->protocol;
    parsed->flow.source.v4 = ip->saddr;
    parsed->flow.destination.v4 = ip->daddr;
    if (ip->protocol == IPPROTO_ICMP) {
        struct icmphdr *icmp = take(cursor, sizeof(*icmp));

        if (!icmp)
            return XDP_DROP;
        if (icmp->type == ICMP_ECHO)
            return answer_echo_v4(eth, ip, icmp);
        if (icmp->type != ICMP_DEST_UNREACH)
            return XDP_PASS;
        count(STAT_ICMP, 0);
        struct iphdr *inner = take(cursor, sizeof(*inner));

        if (!inner)
            return XDP_DROP;
        if (inner->ihl != 5)
            return XDP_DROP;
        parsed->flags |= PACKET_ICMP;
        parsed->flow.protocol = inner->protocol;
        parsed->flow.source.v4 = inner->daddr;
        parsed->flow.destination.v4 = inner->saddr;
    }
    return parse_ports(cursor, parsed);
}

static __always_inline int parse_v6(struct ethhdr *eth, struct cursor *cursor, struct parsed *parsed) {
    struct ipv6hdr *ip = take(cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    if (ip->nexthdr == IPPROTO_FRAGMENT)
        return XDP_DROP;
    parsed->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
    parsed->tos = ip->priority << 4 | ip->flow_lbl[0] >> 4;
    parsed->flow.protocol = ip->nexthdr;
    __builtin_memcpy(parsed->flow.source.v6, &ip->saddr, 16);
    __builtin_memcpy(parsed->flow.destination.v6, &ip->daddr, 16);
    if (ip->nexthdr == IPPROTO_ICMPV6) {
        struct icmp6hdr *icmp = take(cursor, sizeof(*icmp));

        if (!icmp)
            return XDP_DROP;
        if (icmp->icmp6_type == ICMPV6_ECHO_REQUEST)
            return answer_echo_v6(eth, ip, icmp);
        if (icmp->icmp6_type != ICMPV6_DEST_UNREACH && icmp->icmp6_type != ICMPV6_PKT_TOOBIG)
            return XDP_PASS;
        count(STAT_ICMP, 0);
        struct ipv6hdr *inner = take(cursor, sizeof(*inner));

        if (!inner)
            return XDP_DROP;
        parsed->flags |= PACKET_ICMP;
        parsed->flow.protocol = inner->nexthdr;
        __builtin_memcpy(parsed->flow.source.v6, &inner->daddr, 16);
        __builtin_memcpy(parsed->flow.destination.v6, &inner->saddr, 16);
    }
    return parse_ports(cursor, parsed);
}

#endif
