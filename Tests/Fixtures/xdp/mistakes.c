/*
 * What Linux's verifier refuses: mistakes as people make them, and C without a mistake that it can't follow once it is
 * compiled (for some processors or levels of optimisation, as refused.txt says).
 */
#include "include/packet.h"

struct value {
    struct bpf_spin_lock lock;
    __u32 number;
    __u64 counters[8];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, struct value);
    __uint(max_entries, 16);
} values SEC(".maps");

struct table {
    __u32 size;
    __u32 entries[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct table);
    __uint(max_entries, 16);
} tables SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} records SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __type(key, __u32);
    __type(value, struct bpf_cpumap_val);
    __uint(max_entries, 64);
} cpus SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u8[256]);
    __uint(max_entries, 1);
} buffers SEC(".maps");

volatile const __u32 limit = 100;

SEC("xdp")
int no_null_check(struct xdp_md *ctx) {
    __u32 key = ctx->rx_queue_index;
    struct table *table = bpf_map_lookup_elem(&tables, &key);

    return table->size ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int no_bounds_check(struct xdp_md *ctx) {
    struct ethhdr *eth = (void *)(long)ctx->data;

    return eth->h_proto == bpf_htons(ETH_P_IP) ? XDP_PASS : XDP_DROP;
}

/* `data_end` is the first byte that is not there. */
SEC("xdp")
int one_byte_too_far(struct xdp_md *ctx) {
    __u8 *data = (void *)(long)ctx->data;

    if ((void *)(data + 14) > (void *)(long)ctx->data_end)
        return XDP_DROP;
    return data[14] == 0x45 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int pointer_kept_over_adjust(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || bpf_xdp_adjust_head(ctx, -8))
        return XDP_DROP;
    eth->h_proto = bpf_htons(ETH_P_IP);
    return XDP_TX;
}

static __noinline int grow(struct xdp_md *ctx, int by) {
    if (by < 0 || by > 100)
        return -1;
    return bpf_xdp_adjust_tail(ctx, by);
}

SEC("xdp")
int pointer_kept_over_callee(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5)
        return XDP_DROP;
    if (grow(ctx, 20))
        return XDP_ABORTED;
    return ip->version == 4 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int index_not_checked(struct xdp_md *ctx) {
    __u32 zero = 0;
    struct table *table = bpf_map_lookup_elem(&tables, &zero);

    if (!table)
        return XDP_ABORTED;
    return table->entries[ctx->rx_queue_index];
}

/* 16 is one too many. */
SEC("xdp")
int index_off_by_one(struct xdp_md *ctx) {
    __u32 zero = 0, index = ctx->rx_queue_index;
    struct table *table = bpf_map_lookup_elem(&tables, &zero);

    if (!table || index > 16)
        return XDP_ABORTED;
    opaque(index);
    if (index > 16)
        return XDP_ABORTED;
    return table->entries[index];
}

SEC("xdp")
int record_forgotten(struct xdp_md *ctx) {
    __u64 *record = bpf_ringbuf_reserve(&records, 16, 0);

    if (!record)
        return XDP_PASS;
    record[0] = bpf_ktime_get_ns();
    if (ctx->rx_queue_index > 3)
        return XDP_DROP;
    record[1] = 1;
    bpf_ringbuf_submit(record, 0);
    return XDP_PASS;
}

SEC("xdp")
int record_used_after_submit(struct xdp_md *ctx) {
    __u64 *record = bpf_ringbuf_reserve(&records, 16, 0);

    if (!record)
        return XDP_PASS;
    record[0] = 1;
    bpf_ringbuf_submit(record, 0);
    record[1] = 2;
    return XDP_PASS;
}

SEC("xdp")
int lock_kept(struct xdp_md *ctx) {
    __u32 key = 0;
    struct value *value = bpf_map_lookup_elem(&values, &key);

    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    if (value->number > 10)
        return XDP_DROP;
    ++value->number;
    bpf_spin_unlock(&value->lock);
    return XDP_PASS;
}

SEC("xdp")
int call_under_lock(struct xdp_md *ctx) {
    __u32 key = 0;
    struct value *value = bpf_map_lookup_elem(&values, &key);

    if (!value)
        return XDP_PASS;
    bpf_spin_lock(&value->lock);
    value->counters[0] = bpf_ktime_get_ns();
    bpf_spin_unlock(&value->lock);
    return XDP_PASS;
}

SEC("xdp")
int lock_overwritten(struct xdp_md *ctx) {
    __u32 key = 0;
    struct value *value = bpf_map_lookup_elem(&values, &key);

    if (value)
        *(__u64 *)value = 0;
    return XDP_PASS;
}

SEC("xdp")
int loop_without_end(struct xdp_md *ctx) {
    volatile __u32 number = ctx->rx_queue_index;

#pragma clang loop unroll(disable)
    while (number != limit)
        asm volatile("" ::: "memory");
    return XDP_PASS;
}

SEC("xdp")
int constant_written(struct xdp_md *ctx) {
    *(volatile __u32 *)&limit = ctx->rx_queue_index;
    return XDP_PASS;
}

SEC("xdp")
int context_written(struct xdp_md *ctx) {
    ctx->rx_queue_index = 0;
    return XDP_PASS;
}

SEC("xdp")
int size_not_bounded(struct xdp_md *ctx) {
    __u32 zero = 0;
    __u8 *buffer = bpf_map_lookup_elem(&buffers, &zero);
    __u32 length = ctx->data_end - ctx->data;

    if (!buffer)
        return XDP_ABORTED;
    return bpf_xdp_load_bytes(ctx, 0, buffer, length) ? XDP_DROP : XDP_PASS;
}

/* A size of zero is no size. */
SEC("xdp")
int size_may_be_zero(struct xdp_md *ctx) {
    __u32 zero = 0;
    __u8 *buffer = bpf_map_lookup_elem(&buffers, &zero);
    __u64 length = ctx->rx_queue_index;

    if (!buffer)
        return XDP_ABORTED;
    opaque(length);
    return bpf_xdp_load_bytes(ctx, 0, buffer, length & 0xff) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int lookup_in_cpumap(struct xdp_md *ctx) {
    __u32 cpu = ctx->rx_queue_index;
    struct bpf_cpumap_val *found = bpf_map_lookup_elem(&cpus, &cpu);

    return found && found->qsize ? bpf_redirect_map(&cpus, cpu, 0) : XDP_PASS;
}

/* The packet may be longer than 64 KiB for all that is known of the sum. */
SEC("xdp")
int offset_too_large(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __be16 *lengths = take(&cursor, 8);

    if (!lengths)
        return XDP_DROP;
    __u8 *at = cursor.at + (lengths[0] + lengths[1]);

    if ((void *)(at + 1) > cursor.end)
        return XDP_DROP;
    return *at ? XDP_PASS : XDP_DROP;
}

/* Right, but Linux knows nothing of the upper half of a remainder of 32 bits. */
SEC("xdp")
int index_by_remainder(struct xdp_md *ctx) {
    __u32 zero = 0;
    struct table *table = bpf_map_lookup_elem(&tables, &zero);

    if (!table || !table->size)
        return XDP_ABORTED;
    __u32 place = ctx->rx_queue_index % table->size;

    if (place >= 16)
        return XDP_ABORTED;
    return table->entries[place];
}

/* Right, but the compiler makes an or of the addition, as the two words are aligned. */
SEC("xdp")
int stack_by_or(struct xdp_md *ctx) {
    struct {
        __u64 key;
        __u32 words[2];
    } local = {};
    __u32 index = ctx->rx_queue_index & 1;

    opaque(index);
    local.words[index & 1] = ctx->ingress_ifindex;
    bpf_ringbuf_output(&records, &local, sizeof(local), 0);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
