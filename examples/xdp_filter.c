/*
 * An XDP filter: drops IPv4 packets from addresses and networks on a block list, and counts what it did.
 *
 * Runs on Linux unmodified. Shows struct xdp_md, a list that is changed while traffic flows, a counter in each of its
 * entries, and per-CPU counters. The list holds prefixes of 8, 16, 24 and 32 bits:
 *
 *     swale map update filter.blocked '{"prefix_bits": 24, "address": [192, 0, 2, 0]}' 0
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
    __u32 prefix_bits;
    __u8 address[4]; /* zero beyond the prefix */
};

/* The value counts the packets that the entry dropped. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct prefix);
    __type(value, __u64);
    __uint(max_entries, 16384);
} blocked SEC(".maps");

enum outcome {
    PASSED,
    DROPPED,
    NOT_IPV4,
    OUTCOMES,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, enum outcome);
    __type(value, __u64);
    __uint(max_entries, OUTCOMES);
} outcomes SEC(".maps");

static __always_inline int count(enum outcome outcome, int action) {
    __u64 *counter = bpf_map_lookup_elem(&outcomes, &outcome);

    if (counter)
        ++*counter;
    return action;
}

/* The longest prefix of the list that holds the address. */
static __always_inline __u64 *find(__be32 address) {
    struct prefix key = {};

#pragma unroll
    for (int bits = 32; bits > 0; bits -= 8) {
        __be32 masked = address & bpf_htonl(~0U << (32 - bits));

        key.prefix_bits = bits;
        __builtin_memcpy(key.address, &masked, sizeof(masked));
        __u64 *hits = bpf_map_lookup_elem(&blocked, &key);
        if (hits)
            return hits;
    }
    return 0;
}

SEC("xdp")
int xdp_filter(struct xdp_md *md) {
    void *data = (void *)(long)md->data;
    void *end = (void *)(long)md->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = data + sizeof(*eth);

    if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
        return count(NOT_IPV4, XDP_PASS);

    __u64 *hits = find(ip->saddr);
    if (!hits)
        return count(PASSED, XDP_PASS);
    __sync_fetch_and_add(hits, 1);
    return count(DROPPED, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
