/*
 * VLAN and QinQ tags pushed, popped and rewritten on the way in, as tables say: by port (customer side: push), by outer
 * tag (provider side: pop), by both tags (translation), and by what the packet is (priorities from DSCP).
 *
 * The packet's start moves with each tag, and the Ethernet addresses with it: by copies of words, by memmove, and once
 * for metadata, which takes what the tag said along to the stack.
 */
#include "include/packet.h"

#define VLAN_ID 0x0fff
#define VLAN_PRIORITY_SHIFT 13

enum verb {
    KEEP,
    PUSH,
    PUSH_TWO,
    POP,
    POP_TWO,
    REWRITE,
    DISCARD,
};

struct tag_action {
    __u32 verb;
    __u16 outer;
    __u16 inner;
    __u8 keep_priority;
    __u8 drop_eligible;
    __u16 pad;
    __u64 packets;
};

struct tag_pair {
    __u32 port;
    __u16 outer;
    __u16 inner;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct tag_action);
    __uint(max_entries, 64);
} by_port SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct tag_pair);
    __type(value, struct tag_action);
    __uint(max_entries, 8192);
} by_tags SEC(".maps");

/* A bit for each VLAN that may pass, by port. */
struct members {
    __u64 bits[4096 / 64];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct members);
    __uint(max_entries, 64);
} members SEC(".maps");

static const __u8 priority_of_class[8] = {0, 1, 2, 3, 4, 5, 6, 7};
volatile const __u8 priority_of_dscp[64];

struct ethernet_tagged {
    __u8 destination[ETH_ALEN];
    __u8 source[ETH_ALEN];
    __be16 tag_protocol;
    __be16 tci;
    __be16 protocol;
} __attribute__((packed));

struct ethernet_qinq {
    __u8 destination[ETH_ALEN];
    __u8 source[ETH_ALEN];
    struct {
        __be16 protocol;
        __be16 tci;
    } tags[2];
    __be16 protocol;
} __attribute__((packed));

static __always_inline int push(struct xdp_md *ctx, __be16 tag_protocol, __u16 tci) {
    struct ethhdr saved;
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return -1;
    saved = *eth;
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct vlan_tag)))
        return -1;
    cursor = packet_of(ctx);
    struct ethernet_tagged *tagged = take(&cursor, sizeof(*tagged));

    if (!tagged)
        return -1;
    __builtin_memcpy(tagged->destination, saved.h_dest, ETH_ALEN);
    __builtin_memcpy(tagged->source, saved.h_source, ETH_ALEN);
    tagged->tag_protocol = tag_protocol;
    tagged->tci = bpf_htons(tci);
    tagged->protocol = saved.h_proto;
    return 0;
}

/* Both tags with one move of the packet's start. */
static __always_inline int push_two(struct xdp_md *ctx, __u16 outer, __u16 inner) {
    if (bpf_xdp_adjust_head(ctx, -2 * (int)sizeof(struct vlan_tag)))
        return -1;
    struct cursor cursor = packet_of(ctx);
    struct ethernet_qinq *fresh = take(&cursor, sizeof(*fresh));

    if (!fresh)
        return -1;
    struct ethhdr *old = (void *)fresh + 2 * sizeof(struct vlan_tag);

    /* The two overlap. */
    __builtin_memmove(fresh, old, 2 * ETH_ALEN);
    fresh->tags[0].protocol = bpf_htons(ETH_P_8021AD);
    fresh->tags[0].tci = bpf_htons(outer);
    fresh->tags[1].protocol = bpf_htons(ETH_P_8021Q);
    fresh->tags[1].tci = bpf_htons(inner);
    return 0;
}

/* Takes `count` tags off; the Ethernet addresses move over them. */
static __always_inline int pop(struct xdp_md *ctx, int count) {
    struct cursor cursor = packet_of(ctx);
    int size = count * sizeof(struct vlan_tag);
    struct ethhdr *eth = take(&cursor, sizeof(*eth) + size);

    if (!eth)
        return -1;
    __builtin_memmove((void *)eth + size, eth, 2 * ETH_ALEN);
    return bpf_xdp_adjust_head(ctx, size);
}

static __always_inline int may_pass(__u32 port, __u16 vlan) {
    struct members *of_port = bpf_map_lookup_elem(&members, &port);
    __u32 word = vlan >> 6;

    if (!of_port)
        return 0;
    opaque(word);
    return of_port->bits[word & 63] >> (vlan & 63) & 1;
}

/* Priority by the packet's DSCP; `after` points to what the EtherType speaks of. */
static __always_inline __u16 priority(struct cursor after, __be16 protocol) {
    __u8 class = 0;

    if (protocol == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&after, sizeof(*ip));

        if (ip)
            class = ip->tos >> 2;
    } else if (protocol == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&after, sizeof(*ip));

        if (ip)
            class = ip->priority << 2 | ip->flow_lbl[0] >> 6;
    }
    return (__u16)(priority_of_dscp[class & 63] & 7) << VLAN_PRIORITY_SHIFT;
}

static __always_inline struct tag_action *action_for(__u32 port, int tags, __u16 outer, __u16 inner) {
    if (tags) {
        struct tag_pair key = {.port = port, .outer = outer & VLAN_ID, .inner = inner & VLAN_ID};
        struct tag_action *action = bpf_map_lookup_elem(&by_tags, &key);

        if (action)
            return action;
        key.inner = 0;
        action = bpf_map_lookup_elem(&by_tags, &key);
        if (action)
            return action;
    }
    return bpf_map_lookup_elem(&by_port, &port);
}

SEC("xdp")
int vlan_translate(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct vlan_tag *outer = 0, *inner = 0;
    __u16 outer_tci = 0, inner_tci = 0;
    int tags = 0;

    if (!eth)
        return XDP_DROP;
    __be16 protocol = eth->h_proto;

    if (is_vlan(protocol)) {
        outer = take(&cursor, sizeof(*outer));
        if (!outer)
            return XDP_DROP;
        outer_tci = bpf_ntohs(outer->tci);
        protocol = outer->protocol;
        tags = 1;
        if (is_vlan(protocol)) {
            inner = take(&cursor, sizeof(*inner));
            if (!inner)
                return XDP_DROP;
            inner_tci = bpf_ntohs(inner->tci);
            protocol = inner->protocol;
            tags = 2;
        }
    }
    __u32 port = ctx->ingress_ifindex;

    if (tags && !may_pass(port, outer_tci & VLAN_ID))
        return XDP_DROP;
    struct tag_action *action = action_for(port, tags, outer_tci, inner_tci);

    if (!action)
        return XDP_PASS;
    __sync_fetch_and_add(&action->packets, 1);
    __u16 class = action->keep_priority && tags ? outer_tci & ~VLAN_ID : priority(cursor, protocol);

    if (action->drop_eligible)
        class |= 1 << 12;
    __u16 to_outer = class | (action->outer & VLAN_ID);
    __u16 to_inner = class | (action->inner & VLAN_ID);

    switch (action->verb) {
    case KEEP:
        return XDP_PASS;
    case PUSH:
        return push(ctx, tags ? bpf_htons(ETH_P_8021AD) : bpf_htons(ETH_P_8021Q), to_outer) ? XDP_ABORTED : XDP_PASS;
    case PUSH_TWO:
        return push_two(ctx, to_outer, to_inner) ? XDP_ABORTED : XDP_PASS;
    case POP:
        if (tags < 1)
            return XDP_PASS;
        return pop(ctx, 1) ? XDP_ABORTED : XDP_PASS;
    case POP_TWO:
        if (tags < 2)
            return XDP_PASS;
        return pop(ctx, 2) ? XDP_ABORTED : XDP_PASS;
    case REWRITE:
        if (outer)
            outer->tci = bpf_htons(to_outer);
        if (inner)
            inner->tci = bpf_htons(to_inner);
        return XDP_PASS;
    default:
        return XDP_DROP;
    }
}

/* Tags that a packet carried, in front of it for the host. */
struct metadata {
    __u32 mark;
    __u16 outer;
    __u16 inner;
};

/* All tags off, however many up to four, and what they said into the metadata. */
SEC("xdp")
int vlan_strip(struct xdp_md *ctx) {
    struct metadata found = {.mark = 0x5ca1e};
    int tags = 0;

#pragma unroll
    for (int i = 0; i < 4; ++i) {
        struct cursor cursor = packet_of(ctx);
        struct ethernet_tagged *eth = take(&cursor, sizeof(*eth));

        if (!eth || !is_vlan(eth->tag_protocol))
            break;
        if (i == 0)
            found.outer = bpf_ntohs(eth->tci);
        found.inner = bpf_ntohs(eth->tci);
        if (pop(ctx, 1))
            return XDP_ABORTED;
        ++tags;
    }
    if (!tags)
        return XDP_PASS;
    found.mark += tags;
    if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(struct metadata)))
        return XDP_PASS;
    struct metadata *metadata = (void *)(long)ctx->data_meta;

    if ((void *)(metadata + 1) > (void *)(long)ctx->data)
        return XDP_ABORTED;
    *metadata = found;
    return XDP_PASS;
}

/* A tag that moves by one word at a time in a loop that is not unrolled. */
SEC("xdp")
int vlan_push_words(struct xdp_md *ctx) {
    __u32 port = ctx->rx_queue_index;
    struct tag_action *action = bpf_map_lookup_elem(&by_port, &port);

    if (!action || action->verb != PUSH)
        return XDP_PASS;
    if (bpf_xdp_adjust_head(ctx, 0 - (int)sizeof(struct vlan_tag)))
        return XDP_ABORTED;
    __u8 *data = (void *)(long)ctx->data;
    void *data_end = (void *)(long)ctx->data_end;

    if (data + sizeof(struct ethernet_tagged) > (__u8 *)data_end)
        return XDP_ABORTED;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 2 * ETH_ALEN; ++i)
        data[i] = data[i + (int)sizeof(struct vlan_tag)];
    struct ethernet_tagged *tagged = (void *)data;

    tagged->tag_protocol = bpf_htons(ETH_P_8021Q);
    tagged->tci = bpf_htons((action->outer & VLAN_ID)
                            | priority_of_class[(action->outer >> VLAN_PRIORITY_SHIFT) & 7] << VLAN_PRIORITY_SHIFT);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
