/*
 * An XDP router for IPv4 and IPv6: looks routes up with bpf_fib_lookup and redirects to the egress port.
 *
 * Runs on Linux unmodified. It answers ARP and neighbour solicitations for the addresses of its interfaces, pings to
 * them, and packets whose time to live has ended, all by sending the packet that it has got back (XDP_TX). Routes and
 * neighbours are the FIB's: `swale fib`, or the host's.
 */
#include <linux/bpf.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#ifndef AF_INET
#define AF_INET 2
#define AF_INET6 10
#endif
#define DEFAULT_TTL 64

struct interface {
    __u8 mac[ETH_ALEN];
    __u8 unused[2];
    __be32 address;
    struct in6_addr address6;
};

/* By interface index. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, struct interface);
    __uint(max_entries, 256);
} interfaces SEC(".maps");

enum outcome {
    FORWARDED,
    ARP_ANSWERED,
    NEIGHBOUR_ANSWERED,
    PING_ANSWERED,
    TIME_EXCEEDED,
    NO_ROUTE,
    NO_NEIGHBOUR,
    TOO_BIG,
    MALFORMED,
    NOT_FOR_US,
    OUTCOMES,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, enum outcome);
    __type(value, __u64);
    __uint(max_entries, OUTCOMES);
} outcomes SEC(".maps");

static __always_inline int end(enum outcome outcome, int action) {
    __u64 *count = bpf_map_lookup_elem(&outcomes, &outcome);

    if (count)
        ++*count;
    return action;
}

struct arp_ipv4 {
    struct arphdr head;
    __u8 sender_mac[ETH_ALEN];
    __be32 sender;
    __u8 target_mac[ETH_ALEN];
    __be32 target;
} __attribute__((packed));

static __always_inline __u16 fold(__u32 sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

/* Back to where it came from, from the interface's own address. */
static __always_inline void turn(struct ethhdr *eth, const struct interface *own) {
    __builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, own->mac, ETH_ALEN);
}

static __always_inline int answer_arp(struct ethhdr *eth, void *data_end, const struct interface *own) {
    struct arp_ipv4 *arp = (void *)(eth + 1);

    if ((void *)(arp + 1) > data_end)
        return end(MALFORMED, XDP_DROP);
    if (arp->head.ar_op != bpf_htons(ARPOP_REQUEST) || arp->target != own->address)
        return end(NOT_FOR_US, XDP_PASS);
    arp->head.ar_op = bpf_htons(ARPOP_REPLY);
    arp->target = arp->sender;
    arp->sender = own->address;
    __builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
    __builtin_memcpy(arp->sender_mac, own->mac, ETH_ALEN);
    turn(eth, own);
    return end(ARP_ANSWERED, XDP_TX);
}

static __always_inline int leave(struct ethhdr *eth, const struct bpf_fib_lookup *fib) {
    __builtin_memcpy(eth->h_dest, fib->dmac, ETH_ALEN);
    __builtin_memcpy(eth->h_source, fib->smac, ETH_ALEN);
    end(FORWARDED, 0);
    return bpf_redirect(fib->ifindex, 0);
}

static __always_inline int refuse(long result) {
    switch (result) {
    case BPF_FIB_LKUP_RET_NO_NEIGH:
        return end(NO_NEIGHBOUR, XDP_DROP);
    case BPF_FIB_LKUP_RET_FRAG_NEEDED:
        return end(TOO_BIG, XDP_DROP);
    default:
        return end(NO_ROUTE, XDP_DROP);
    }
}

/* Echo request to reply: the checksum changes by what the type does. */
static __always_inline int answer_ping(struct ethhdr *eth, struct iphdr *ip, void *data_end,
                                       const struct interface *own) {
    struct icmphdr *icmp = (void *)(ip + 1);

    if (ip->protocol != IPPROTO_ICMP || ip->ihl != 5 || (void *)(icmp + 1) > data_end || icmp->type != ICMP_ECHO)
        return end(NOT_FOR_US, XDP_PASS);
    icmp->type = ICMP_ECHOREPLY;
    icmp->checksum = fold((__u16)~icmp->checksum + (__u16)~bpf_htons(ICMP_ECHO << 8));
    ip->daddr = ip->saddr;
    ip->saddr = own->address;
    turn(eth, own);
    return end(PING_ANSWERED, XDP_TX);
}

/* The packet's first 28 bytes behind new IP and ICMP headers. */
static __always_inline int answer_time_exceeded(struct xdp_md *md, const struct interface *own) {
    const int quoted = sizeof(struct iphdr) + 8;
    const int added = sizeof(struct iphdr) + sizeof(struct icmphdr);
    int length = md->data_end - md->data;

    if (length < (int)sizeof(struct ethhdr) + quoted)
        return end(MALFORMED, XDP_DROP);
    if (bpf_xdp_adjust_tail(md, (int)sizeof(struct ethhdr) + quoted - length) || bpf_xdp_adjust_head(md, -added))
        return end(MALFORMED, XDP_ABORTED);

    void *data = (void *)(long)md->data;
    void *data_end = (void *)(long)md->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);
    struct icmphdr *icmp = (void *)(ip + 1);
    struct iphdr *old = (void *)(icmp + 1);

    if ((void *)old + quoted > data_end)
        return end(MALFORMED, XDP_ABORTED);
    struct ethhdr *before = data + added;
    __builtin_memcpy(eth->h_dest, before->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, own->mac, ETH_ALEN);
    eth->h_proto = bpf_htons(ETH_P_IP);
    __builtin_memset(ip, 0, sizeof(*ip));
    ip->version = 4;
    ip->ihl = 5;
    ip->tot_len = bpf_htons(added + quoted);
    ip->ttl = DEFAULT_TTL;
    ip->protocol = IPPROTO_ICMP;
    ip->saddr = own->address;
    ip->daddr = old->saddr;
    ip->check = fold(bpf_csum_diff(0, 0, (void *)ip, sizeof(*ip), 0));
    __builtin_memset(icmp, 0, sizeof(*icmp));
    icmp->type = ICMP_TIME_EXCEEDED;
    icmp->checksum = fold(bpf_csum_diff(0, 0, (void *)icmp, sizeof(*icmp) + quoted, 0));
    return end(TIME_EXCEEDED, XDP_TX);
}

static __always_inline int route4(struct xdp_md *md, struct ethhdr *eth, void *data_end,
                                  const struct interface *own) {
    struct iphdr *ip = (void *)(eth + 1);
    struct bpf_fib_lookup fib = {.family = AF_INET};

    if ((void *)(ip + 1) > data_end || ip->ihl < 5)
        return end(MALFORMED, XDP_DROP);
    if (ip->daddr == own->address)
        return answer_ping(eth, ip, data_end, own);
    if (ip->ttl <= 1)
        return answer_time_exceeded(md, own);
    fib.tos = ip->tos;
    fib.l4_protocol = ip->protocol;
    fib.tot_len = bpf_ntohs(ip->tot_len);
    fib.ipv4_src = ip->saddr;
    fib.ipv4_dst = ip->daddr;
    fib.ifindex = md->ingress_ifindex;
    long result = bpf_fib_lookup(md, &fib, sizeof(fib), 0);
    if (result != BPF_FIB_LKUP_RET_SUCCESS)
        return refuse(result);
    /* One less in the high byte of a word is one more in its complement's sum. */
    __u32 sum = (__u32)ip->check + bpf_htons(0x0100);
    ip->check = sum + (sum >> 16);
    ip->ttl--;
    return leave(eth, &fib);
}

struct neighbour {
    struct icmp6hdr icmp;
    struct in6_addr target;
    __u8 option;
    __u8 option_length;
    __u8 mac[ETH_ALEN];
};

static __always_inline int same6(const struct in6_addr *a, const struct in6_addr *b) {
    return a->in6_u.u6_addr32[0] == b->in6_u.u6_addr32[0] && a->in6_u.u6_addr32[1] == b->in6_u.u6_addr32[1] &&
           a->in6_u.u6_addr32[2] == b->in6_u.u6_addr32[2] && a->in6_u.u6_addr32[3] == b->in6_u.u6_addr32[3];
}

/* Solicitation to advertisement, solicited and overriding. */
static __always_inline int answer_neighbour(struct ethhdr *eth, struct ipv6hdr *ip, void *data_end,
                                            const struct interface *own) {
    struct neighbour *message = (void *)(ip + 1);

    if ((void *)(message + 1) > data_end || !same6(&message->target, &own->address6) ||
        ip->payload_len != bpf_htons(sizeof(*message)))
        return end(NOT_FOR_US, XDP_PASS);
    ip->daddr = ip->saddr;
    ip->saddr = own->address6;
    message->icmp.icmp6_type = 136;
    message->icmp.icmp6_dataun.un_data32[0] = bpf_htonl(0x60000000);
    message->option = 2;
    message->option_length = 1;
    __builtin_memcpy(message->mac, own->mac, ETH_ALEN);
    message->icmp.icmp6_cksum = 0;
    __u32 sum = bpf_csum_diff(0, 0, (void *)&ip->saddr, 32, bpf_htonl(sizeof(*message)) + bpf_htonl(IPPROTO_ICMPV6));
    message->icmp.icmp6_cksum = fold(bpf_csum_diff(0, 0, (void *)message, sizeof(*message), sum));
    turn(eth, own);
    return end(NEIGHBOUR_ANSWERED, XDP_TX);
}

static __always_inline int answer_icmp6(struct ethhdr *eth, struct ipv6hdr *ip, void *data_end,
                                        const struct interface *own) {
    struct icmp6hdr *icmp = (void *)(ip + 1);

    if ((void *)(icmp + 1) > data_end)
        return end(MALFORMED, XDP_DROP);
    if (icmp->icmp6_type == 135)
        return answer_neighbour(eth, ip, data_end, own);
    if (icmp->icmp6_type != ICMPV6_ECHO_REQUEST || !same6(&ip->daddr, &own->address6))
        return end(NOT_FOR_US, XDP_PASS);
    icmp->icmp6_type = ICMPV6_ECHO_REPLY;
    /* Both addresses stay in the sum, in the other order. */
    icmp->icmp6_cksum = fold((__u16)~icmp->icmp6_cksum + (__u16)~bpf_htons(ICMPV6_ECHO_REQUEST << 8) +
                             bpf_htons(ICMPV6_ECHO_REPLY << 8));
    ip->daddr = ip->saddr;
    ip->saddr = own->address6;
    turn(eth, own);
    return end(PING_ANSWERED, XDP_TX);
}

static __always_inline int route6(struct xdp_md *md, struct ethhdr *eth, void *data_end,
                                  const struct interface *own) {
    struct ipv6hdr *ip = (void *)(eth + 1);
    struct bpf_fib_lookup fib = {.family = AF_INET6};

    if ((void *)(ip + 1) > data_end)
        return end(MALFORMED, XDP_DROP);
    /* To a solicited-node address, or to us. */
    if (ip->nexthdr == IPPROTO_ICMPV6 &&
        (ip->daddr.in6_u.u6_addr8[0] == 0xff || same6(&ip->daddr, &own->address6)))
        return answer_icmp6(eth, ip, data_end, own);
    if (ip->daddr.in6_u.u6_addr8[0] == 0xff || ip->hop_limit <= 1)
        return end(NOT_FOR_US, XDP_DROP);
    fib.l4_protocol = ip->nexthdr;
    fib.tot_len = bpf_ntohs(ip->payload_len) + sizeof(*ip);
    __builtin_memcpy(fib.ipv6_src, &ip->saddr, sizeof(ip->saddr));
    __builtin_memcpy(fib.ipv6_dst, &ip->daddr, sizeof(ip->daddr));
    fib.ifindex = md->ingress_ifindex;
    long result = bpf_fib_lookup(md, &fib, sizeof(fib), 0);
    if (result != BPF_FIB_LKUP_RET_SUCCESS)
        return refuse(result);
    ip->hop_limit--;
    return leave(eth, &fib);
}

SEC("xdp")
int xdp_router(struct xdp_md *md) {
    void *data = (void *)(long)md->data;
    void *data_end = (void *)(long)md->data_end;
    struct ethhdr *eth = data;
    __u32 ifindex = md->ingress_ifindex;
    struct interface *own = bpf_map_lookup_elem(&interfaces, &ifindex);

    if ((void *)(eth + 1) > data_end)
        return end(MALFORMED, XDP_DROP);
    if (!own)
        return end(NOT_FOR_US, XDP_PASS);
    switch (eth->h_proto) {
    case bpf_htons(ETH_P_ARP):
        return answer_arp(eth, data_end, own);
    case bpf_htons(ETH_P_IP):
        return route4(md, eth, data_end, own);
    case bpf_htons(ETH_P_IPV6):
        return route6(md, eth, data_end, own);
    default:
        return end(NOT_FOR_US, XDP_PASS);
    }
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
