/*
 * VLAN tags at the edge of a provider: a customer's untagged frames get the tag of their port and stack, tagged ones a
 * second tag around theirs, frames from the provider lose the outer one. What else is done to a tag a table says:
 * translate, drop, or take priorities from DSCP.
 */
#include "packet.h"

enum verb {
    NOTHING,
    PUSH,
    POP,
    TRANSLATE,
    REFUSE,
    PRIORITY,
    TURN,
};

struct rule {
    __u16 verb;
    __u16 vlan;
    __u16 type; /* EtherType of the pushed tag */
    __u16 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u16);
    __type(value, struct rule);
    __uint(max_entries, 256);
} rules SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, TURN + 1);
} done SEC(".maps");

struct tagged {
    __u8 addresses[2 * ETH_ALEN];
    __be16 protocol;
    __be16 tci;
} __attribute__((packed));

static __always_inline int push(struct xdp_md *ctx, const struct rule *rule, __u16 priority) {
    __u16 type = rule->type, vlan = rule->vlan;

    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct vlan_tag)))
        return XDP_DROP;
    struct cursor cursor = packet_of(ctx);
    struct tagged *frame = cursor.at;

    if ((void *)(frame + 1) > cursor.end)
        return XDP_DROP;
    __builtin_memmove(frame->addresses, (void *)frame + sizeof(struct vlan_tag), sizeof(frame->addresses));
    frame->protocol = bpf_htons(type);
    frame->tci = bpf_htons(priority << 13 | vlan);
    return XDP_PASS;
}

static __always_inline int pop(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct tagged *frame = cursor.at;
    __u8 addresses[2 * ETH_ALEN];

    if ((void *)(frame + 1) > cursor.end)
        return XDP_DROP;
    __builtin_memcpy(addresses, frame->addresses, sizeof(addresses));
    __builtin_memcpy((void *)frame + sizeof(struct vlan_tag), addresses, sizeof(addresses));
    return bpf_xdp_adjust_head(ctx, sizeof(struct vlan_tag)) ? XDP_DROP : XDP_PASS;
}

static __always_inline __u16 priority_of(struct cursor *cursor, __be16 type) {
    if (type == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(cursor, sizeof(*ip));

        return ip ? ip->tos >> 5 : 0;
    }
    if (type == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(cursor, sizeof(*ip));

        return ip ? ip->priority >> 1 : 0;
    }
    return 0;
}

SEC("xdp")
int vlan_stack(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct vlan_tag *tag = 0;
    __u16 vlan = 0, priority;

    if (!eth)
        return XDP_DROP;
    if (is_vlan(eth->h_proto)) {
        tag = take(&cursor, sizeof(*tag));
        if (!tag)
            return XDP_DROP;
        vlan = bpf_ntohs(tag->tci) & 0xfff;
    }
    struct rule *rule = bpf_map_lookup_elem(&rules, &vlan);

    if (!rule)
        return XDP_PASS;
    __u32 verb = rule->verb;
    __u64 *count = bpf_map_lookup_elem(&done, &verb);

    if (count)
        *count += 1;
    switch (verb) {
    case PUSH:
        priority = tag ? bpf_ntohs(tag->tci) >> 13 : priority_of(&cursor, eth->h_proto);
        return push(ctx, rule, priority);
    case POP:
        return tag ? pop(ctx) : XDP_DROP;
    case TRANSLATE:
        if (tag)
            tag->tci = bpf_htons((bpf_ntohs(tag->tci) & 0xf000) | rule->vlan);
        return XDP_PASS;
    case REFUSE:
        return XDP_DROP;
    case PRIORITY:
        if (!tag)
            return XDP_PASS;
        priority = priority_of(&cursor, tag->protocol);
        tag->tci = bpf_htons(priority << 13 | vlan);
        return XDP_PASS;
    case TURN:
        swap_addresses(eth);
        return XDP_TX;
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
