/* What the programs of this folder share: headers, a cursor over the packet, checksums. */
#ifndef PACKET_H
#define PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define array_size(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ((a) < (b) ? (a) : (b))

/* Keeps the compiler from knowing more of `x` than the verifier does. */
#define opaque(x) asm volatile("" : "+r"(x))

#define IP_MORE_FRAGMENTS 0x2000
#define IP_OFFSET 0x1fff

struct vlan_tag {
    __be16 tci;
    __be16 protocol;
};

union address {
    __be32 v4;
    __be32 v6[4];
};

/* Where parsing stands. */
struct cursor {
    void *at;
    void *end;
};

static __always_inline struct cursor packet_of(struct xdp_md *ctx) {
    return (struct cursor){.at = (void *)(long)ctx->data, .end = (void *)(long)ctx->data_end};
}

/* The next `size` bytes, or null where the packet ends before that. */
static __always_inline void *take(struct cursor *cursor, __u32 size) {
    void *start = cursor->at;

    if (start + size > cursor->end)
        return 0;
    cursor->at = start + size;
    return start;
}

static __always_inline int is_vlan(__be16 protocol) {
    return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

/* Steps over up to two tags; the result is the EtherType behind them. */
static __always_inline __be16 skip_tags(struct cursor *cursor, __be16 protocol) {
#pragma unroll
    for (int depth = 0; depth < 2; ++depth) {
        if (!is_vlan(protocol))
            break;
        struct vlan_tag *tag = take(cursor, sizeof(*tag));

        if (!tag)
            return 0;
        protocol = tag->protocol;
    }
    return protocol;
}

static __always_inline __u16 fold(__u64 sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

/* Checksum of an IPv4 header without options. */
static __always_inline __u16 header_checksum(const struct iphdr *ip) {
    const __u16 *words = (const void *)ip;
    __u64 sum = 0;

#pragma unroll
    for (int i = 0; i < (int)sizeof(*ip) / 2; ++i)
        sum += words[i];
    return fold(sum);
}

/* The checksum after a 16-bit word that it covers changed, RFC 1624. */
static __always_inline __u16 adjust_checksum(__u16 checksum, __u16 from, __u16 to) {
    __u32 sum = (__u16)~checksum;

    sum += (__u16)~from;
    sum += to;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

static __always_inline void swap_addresses(struct ethhdr *eth) {
    __u8 saved[ETH_ALEN];

    __builtin_memcpy(saved, eth->h_source, ETH_ALEN);
    __builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
    __builtin_memcpy(eth->h_dest, saved, ETH_ALEN);
}

#endif
