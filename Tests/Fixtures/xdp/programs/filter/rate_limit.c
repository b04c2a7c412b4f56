/*
 * Holds floods off: every source has a bucket of tokens, which packets empty and time fills again. Sources are kept in an
 * LRU map; those that go on for too long are banned, and their packets counted by CPU and protocol.
 */
#include "packet.h"

struct bucket {
    __u64 filled_ns;
    __u64 tokens;
    __u32 refused;
    __u32 banned;
};

struct counters {
    __u64 passed;
    __u64 limited;
    __u64 banned;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, union address);
    __type(value, struct bucket);
    __uint(max_entries, 4096);
} buckets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __type(key, __u8);
    __type(value, struct counters);
    __uint(max_entries, 256);
} by_protocol SEC(".maps");

volatile const __u64 burst = 3;
/* How long it takes until there is another token. */
volatile const __u64 interval_ns = 1000000000ull;
volatile const __u32 patience = 2;

static __always_inline struct counters *counters_of(__u8 protocol) {
    struct counters *found = bpf_map_lookup_elem(&by_protocol, &protocol);
    struct counters none = {};

    if (found)
        return found;
    bpf_map_update_elem(&by_protocol, &protocol, &none, BPF_NOEXIST);
    return bpf_map_lookup_elem(&by_protocol, &protocol);
}

/* Whether a token is to be had; takes it. */
static __noinline int take_token(struct bucket *bucket, __u64 now) {
    if (!bucket)
        return 0;
    __u64 since = now - bucket->filled_ns;
    __u64 fresh = interval_ns ? since / interval_ns : burst;

    if (fresh) {
        __u64 tokens = bucket->tokens + fresh;

        bucket->tokens = tokens > burst ? burst : tokens;
        bucket->filled_ns += fresh * interval_ns;
    }
    if (!bucket->tokens)
        return 0;
    bucket->tokens -= 1;
    return 1;
}

static __always_inline int source_of(struct cursor *cursor, __be16 type, union address *source, __u8 *protocol) {
    if (type == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(cursor, sizeof(*ip));

        if (!ip)
            return -1;
        source->v4 = ip->saddr;
        *protocol = ip->protocol;
        return 1;
    }
    if (type == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(cursor, sizeof(*ip));

        if (!ip)
            return -1;
        __builtin_memcpy(source->v6, &ip->saddr, sizeof(source->v6));
        *protocol = ip->nexthdr;
        return 1;
    }
    return 0;
}

SEC("xdp/rate_limit")
int rate_limit(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    union address source = {};
    __u8 protocol = 0;

    if (!eth)
        return XDP_DROP;
    int is_ip = source_of(&cursor, skip_tags(&cursor, eth->h_proto), &source, &protocol);

    if (is_ip <= 0)
        return is_ip ? XDP_DROP : XDP_PASS;
    struct counters *counters = counters_of(protocol);

    if (!counters)
        return XDP_DROP;
    __u64 now = bpf_ktime_get_ns();
    struct bucket *bucket = bpf_map_lookup_elem(&buckets, &source);

    if (!bucket) {
        struct bucket full = {.filled_ns = now, .tokens = burst};

        bpf_map_update_elem(&buckets, &source, &full, BPF_ANY);
        bucket = bpf_map_lookup_elem(&buckets, &source);
        if (!bucket)
            return XDP_PASS;
    }
    if (bucket->banned) {
        counters->banned += 1;
        return XDP_DROP;
    }
    if (take_token(bucket, now)) {
        bucket->refused = 0;
        counters->passed += 1;
        return XDP_PASS;
    }
    counters->limited += 1;
    if (++bucket->refused >= patience)
        bucket->banned = 1;
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
