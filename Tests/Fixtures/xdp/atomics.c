/*
 * Atomic operations that give back what was there, of 32 and 64 bits, on map values and on the stack: a ticket for each
 * packet, a slot claimed by compare and exchange, flags set and cleared, a sequence lock read by retries.
 *
 * Needs -mcpu=v3 or later.
 */
#include "include/jhash.h"
#include "include/packet.h"

#define SLOTS 1024
#define TRIES 8

struct shared {
    __u64 tickets;
    __u64 flags;
    __u32 sequence;
    __u32 owner;
    __u64 value;
    __u64 largest;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct shared);
    __uint(max_entries, 16);
} shared SEC(".maps");

struct slot {
    __u64 owner;
    __u32 packets;
    __u32 bytes;
};

struct slots {
    struct slot slots[SLOTS];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct slots);
    __uint(max_entries, 1);
} tables SEC(".maps");

__u64 dropped;
__u32 generation;

static __always_inline int sample(struct shared *s, __u64 every) {
    return __sync_fetch_and_add(&s->tickets, 1) % every == 0;
}

/* The largest of all, without a lock. */
static __always_inline void raise(struct shared *s, __u64 value) {
    __u64 old = s->largest;

    for (int i = 0; i < TRIES; ++i) {
        if (old >= value)
            return;
        __u64 found = __sync_val_compare_and_swap(&s->largest, old, value);

        if (found == old)
            return;
        old = found;
    }
    __sync_fetch_and_add(&dropped, 1);
}

/* A slot of the table for the flow: one that it has, or one that is free, within a few steps of its hash. */
static __always_inline struct slot *claim(__u64 flow, __u32 hash) {
    __u32 zero = 0;
    struct slots *table = bpf_map_lookup_elem(&tables, &zero);

    if (!table)
        return 0;
    for (__u32 i = 0; i < TRIES; ++i) {
        __u32 place = hash + i * i;

        opaque(place);
        struct slot *slot = &table->slots[place & (SLOTS - 1)];
        __u64 owner = __sync_val_compare_and_swap(&slot->owner, 0, flow);

        if (owner == 0 || owner == flow)
            return slot;
    }
    return 0;
}

SEC("xdp")
int atomics_slots(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    __u64 flow = (__u64)ip->saddr << 32 | ip->daddr;
    struct slot *slot = claim(flow | 1, jhash_3words(ip->saddr, ip->daddr, ip->protocol, generation));

    if (!slot)
        return XDP_DROP;
    __u32 packets = __sync_fetch_and_add(&slot->packets, 1);

    __sync_fetch_and_add(&slot->bytes, bpf_ntohs(ip->tot_len));
    __u32 zero = 0;
    struct shared *s = bpf_map_lookup_elem(&shared, &zero);

    if (!s)
        return XDP_ABORTED;
    raise(s, packets);
    return sample(s, 100) ? XDP_TX : XDP_PASS;
}

SEC("xdp")
int atomics_flags(struct xdp_md *ctx) {
    __u32 number = ctx->rx_queue_index & 15;
    struct shared *s = bpf_map_lookup_elem(&shared, &number);

    if (!s)
        return XDP_ABORTED;
    __u64 bit = 1ULL << (ctx->ingress_ifindex & 63);
    __u64 before = __sync_fetch_and_or(&s->flags, bit);

    if (before & bit)
        return XDP_DROP;
    __u32 owner = __sync_lock_test_and_set(&s->owner, number + 1);
    __u32 sequence = __sync_fetch_and_add(&s->sequence, 1);

    __sync_fetch_and_xor(&s->value, (__u64)sequence << 32 | owner);
    __sync_fetch_and_and(&s->flags, ~bit);
    before = __sync_fetch_and_xor(&s->flags, 1ULL << 63);
    return before >> 63 ? XDP_PASS : XDP_TX;
}

/* On the stack nobody else is there: only to be verified. */
SEC("xdp")
int atomics_stack(struct xdp_md *ctx) {
    __u64 words[4] = {1, 2, 3, 4};
    __u32 half = 7;
    volatile __u64 *last = &words[3];

    __u64 old = __sync_fetch_and_add(&words[1], ctx->ingress_ifindex);
    __u32 swapped = __sync_lock_test_and_set(&half, (__u32)old);
    __u64 found = __sync_val_compare_and_swap(last, 4, swapped);

    __sync_fetch_and_and(&words[2], found);
    return (words[0] + words[1] + words[2] + *last + half) & 1 ? XDP_PASS : XDP_DROP;
}

/* A consistent pair of values: as often as the sequence changes meanwhile, again. */
SEC("xdp")
int atomics_sequence(struct xdp_md *ctx) {
    __u32 zero = 0;
    struct shared *s = bpf_map_lookup_elem(&shared, &zero);
    __u64 value = 0, largest = 0;

    if (!s)
        return XDP_ABORTED;
#pragma clang loop unroll(disable)
    for (int i = 0; i < 64; ++i) {
        __u32 before = *(volatile __u32 *)&s->sequence;

        if (before & 1)
            continue;
        value = *(volatile __u64 *)&s->value;
        largest = *(volatile __u64 *)&s->largest;
        if (*(volatile __u32 *)&s->sequence == before)
            break;
    }
    if (!__sync_bool_compare_and_swap(&s->value, value, value + 1))
        return XDP_DROP;
    return largest > value ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
