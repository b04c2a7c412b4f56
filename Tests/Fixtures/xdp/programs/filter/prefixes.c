/*
 * A firewall by prefixes: sources of IPv4 and IPv6 packets are looked up in a trie each, and the longest prefix says what
 * becomes of them. Every prefix counts what it met, and every action is counted by CPU.
 */
#include "packet.h"

enum action {
    ACCEPT,
    REJECT,
    BOUNCE,
    ACTIONS,
};

struct rule {
    __u32 action;
    __u32 pad;
    __u64 packets;
    __u64 bytes;
};

struct prefix4 {
    __u32 bits;
    __be32 address;
};

struct prefix6 {
    __u32 bits;
    __u8 address[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix4);
    __type(value, struct rule);
    __uint(max_entries, 1024);
} rules4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix6);
    __type(value, struct rule);
    __uint(max_entries, 1024);
} rules6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, ACTIONS + 1);
} outcomes SEC(".maps");

/* What becomes of packets that no prefix speaks of. */
volatile const __u32 policy = ACCEPT;

static __always_inline void count(__u32 index) {
    __u64 *counter = bpf_map_lookup_elem(&outcomes, &index);

    if (counter)
        *counter += 1;
}

static __always_inline __u32 judge(struct rule *rule, __u64 bytes) {
    if (!rule)
        return policy;
    __sync_fetch_and_add(&rule->packets, 1);
    __sync_fetch_and_add(&rule->bytes, bytes);
    return rule->action;
}

SEC("xdp")
int prefixes(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u64 bytes = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __u32 action;

    if (!eth)
        return XDP_ABORTED;
    __be16 protocol = skip_tags(&cursor, eth->h_proto);

    if (protocol == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->version != 4) {
            count(ACTIONS);
            return XDP_ABORTED;
        }
        struct prefix4 key = {.bits = 32, .address = ip->saddr};

        action = judge(bpf_map_lookup_elem(&rules4, &key), bytes);
    } else if (protocol == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));
        struct prefix6 key = {.bits = 128};

        if (!ip || ip->version != 6) {
            count(ACTIONS);
            return XDP_ABORTED;
        }
        __builtin_memcpy(key.address, &ip->saddr, sizeof(key.address));
        action = judge(bpf_map_lookup_elem(&rules6, &key), bytes);
    } else {
        return XDP_PASS;
    }
    if (action >= ACTIONS)
        action = REJECT;
    count(action);
    switch (action) {
    case ACCEPT:
        return XDP_PASS;
    case BOUNCE:
        swap_addresses(eth);
        return XDP_TX;
    default:
        return XDP_DROP;
    }
}

char _license[] SEC("license") = "GPL";
