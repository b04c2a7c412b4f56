/*
 * Traffic measured in little memory: a count-min sketch of flows, a HyperLogLog of sources, the heaviest flows in a
 * table sorted by bubbling, and a histogram of sizes by logarithm. All hashes are inlined, and all indices come from
 * what the packet holds.
 */
#include "include/jhash.h"
#include "include/packet.h"

#define ROWS 8
#define COLUMNS 2048
#define REGISTERS 1024
#define HEAVY 16

struct rows {
    __u32 counts[ROWS][COLUMNS];
};

struct registers {
    __u8 ranks[REGISTERS];
};

struct flow {
    __u32 words[9]; /* addresses and ports */
    __u32 protocol;
};

struct heavy {
    struct flow flow;
    __u32 count;
};

struct heaviest {
    struct heavy entries[HEAVY];
};

struct histogram {
    __u64 buckets[17];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u32[COLUMNS]);
    __uint(max_entries, ROWS);
} sketch SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct registers);
    __uint(max_entries, 2);
} distinct SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct heaviest);
    __uint(max_entries, 1);
} heaviest SEC(".maps");

struct histogram sizes;
volatile const __u32 threshold = 1000;
static const __u32 seeds[ROWS] = {
    0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834, 0x2545f491, 0x4f6cdd1d, 0x1b873593, 0xcc9e2d51,
};

/* Position of the highest bit, without a loop. */
static __always_inline __u32 logarithm(__u32 value) {
    __u32 result = 0, shift;

    shift = (value > 0xffff) << 4;
    value >>= shift & 31;
    result |= shift;
    shift = (value > 0xff) << 3;
    value >>= shift & 31;
    result |= shift;
    shift = (value > 0xf) << 2;
    value >>= shift & 31;
    result |= shift;
    shift = (value > 0x3) << 1;
    value >>= shift & 31;
    result |= shift;
    return result | value >> 1;
}

static __always_inline int parse(struct xdp_md *ctx, struct flow *flow, __u32 *length) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return 0;
    *length = cursor.end - (void *)eth;
    __be16 protocol = skip_tags(&cursor, eth->h_proto);

    if (protocol == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return 0;
        flow->words[0] = ip->saddr;
        flow->words[4] = ip->daddr;
        flow->protocol = ip->protocol;
        if (ip->frag_off & bpf_htons(IP_OFFSET))
            return 1;
    } else if (protocol == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return 0;
        __builtin_memcpy(flow->words, &ip->saddr, 32);
        flow->protocol = ip->nexthdr;
    } else {
        return 0;
    }
    if (flow->protocol == IPPROTO_TCP || flow->protocol == IPPROTO_UDP) {
        __u32 *ports = take(&cursor, sizeof(*ports));

        if (ports)
            flow->words[8] = *ports;
    }
    return 1;
}

/* Counts the flow in each row; the least of its counts is nearest the truth. */
static __always_inline __u32 count(const struct flow *flow) {
    __u32 least = ~0U;

#pragma unroll
    for (__u32 row = 0; row < ROWS; ++row) {
        __u32 key = row;
        __u32(*counts)[COLUMNS] = bpf_map_lookup_elem(&sketch, &key);

        if (!counts)
            return 0;
        __u32 column = jhash_words(flow->words, 9, seeds[row] + flow->protocol);
        __u32 value = ++(*counts)[column % COLUMNS];

        least = min(least, value);
    }
    return least;
}

/* The same with the rows in one loop, and the hashes made of two. */
static __always_inline __u32 count_looped(const struct flow *flow) {
    __u32 one = jhash_words(flow->words, 9, seeds[0]);
    __u32 other = jhash_words(flow->words, 9, seeds[1]) | 1;
    __u32 least = ~0U;

#pragma clang loop unroll(disable)
    for (__u32 row = 0; row < ROWS; ++row) {
        __u32 key = row;
        __u32(*counts)[COLUMNS] = bpf_map_lookup_elem(&sketch, &key);

        if (!counts)
            return 0;
        __u32 column = one + seeds[row & (ROWS - 1)] * other;

        opaque(column);
        column &= COLUMNS - 1;
        (*counts)[column] += 1;
        least = min(least, (*counts)[column]);
    }
    return least;
}

/* HyperLogLog: the longest run of zeros among the hashes of each register. */
static __always_inline void distinguish(const struct flow *flow, __u32 which) {
    struct registers *registers = bpf_map_lookup_elem(&distinct, &which);

    if (!registers)
        return;
    __u32 hash = jhash_words(flow->words, 4, 0x5eed);
    __u32 number = hash & (REGISTERS - 1);
    __u32 rank = 22 - logarithm(hash >> 10);

    if (registers->ranks[number] < rank)
        registers->ranks[number] = rank;
}

static __always_inline int same(const struct flow *one, const struct flow *other) {
    __u32 difference = one->protocol ^ other->protocol;

#pragma unroll
    for (int i = 0; i < 9; ++i)
        difference |= one->words[i] ^ other->words[i];
    return difference == 0;
}

/* Keeps the table of heavy flows sorted: a flow moves up past those that it overtook. */
static __always_inline void rank(const struct flow *flow, __u32 total) {
    __u32 zero = 0;
    struct heaviest *table = bpf_map_lookup_elem(&heaviest, &zero);

    if (!table)
        return;
    __u32 place = HEAVY - 1;

#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < HEAVY; ++i) {
        if (same(&table->entries[i].flow, flow)) {
            place = i;
            break;
        }
    }
    opaque(place);
    place &= HEAVY - 1;
    if (table->entries[place].count >= total)
        return;
    table->entries[place].flow = *flow;
    table->entries[place].count = total;
#pragma clang loop unroll(disable)
    for (__u32 i = HEAVY - 1; i > 0; --i) {
        struct heavy *lower = &table->entries[i & (HEAVY - 1)];
        struct heavy *upper = &table->entries[(i - 1) & (HEAVY - 1)];

        if (lower->count > upper->count) {
            struct heavy saved = *upper;

            *upper = *lower;
            *lower = saved;
        }
    }
}

static __always_inline int measure(struct xdp_md *ctx, int looped) {
    struct flow flow = {};
    __u32 length = 0;

    if (!parse(ctx, &flow, &length))
        return XDP_PASS;
    __u32 bucket = logarithm(length);

    opaque(bucket);
    if (bucket < array_size(sizes.buckets))
        __sync_fetch_and_add(&sizes.buckets[bucket], 1);
    distinguish(&flow, 0);
    __u32 estimate = looped ? count_looped(&flow) : count(&flow);

    if (estimate > threshold)
        rank(&flow, estimate);
    return XDP_PASS;
}

SEC("xdp")
int sketch_unrolled(struct xdp_md *ctx) {
    return measure(ctx, 0);
}

SEC("xdp")
int sketch_looped(struct xdp_md *ctx) {
    return measure(ctx, 1);
}

char _license[] SEC("license") = "GPL";
