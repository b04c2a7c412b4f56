/*
 * Samples packets for a collector: every nth goes with its first bytes to a ring buffer, packets of watched hosts go whole
 * to a perf buffer, and what was lost is counted. What is too short to describe is dropped.
 */
#include "packet.h"

#define SNAP 96

struct sample {
    __u32 length;
    __u32 number;
    __u16 captured;
    __u16 type;
    __u32 queue;
    __u8 bytes[SNAP];
};

struct notice {
    __be32 host;
    __u32 length;
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 16);
} samples SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} notices SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} whole SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, __u64);
    __uint(max_entries, 64);
} watched SEC(".maps");

volatile const __u32 rate = 3;
__u64 seen, lost, discarded;

static __always_inline void take_sample(struct xdp_md *ctx, __u32 length, __u16 type) {
    struct sample *sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);

    if (!sample) {
        lost += 1;
        return;
    }
    __u32 count = length < SNAP ? length : SNAP;

    opaque(count);
    __builtin_memset(sample, 0, sizeof(*sample));
    if (count < 1 || count > SNAP || bpf_xdp_load_bytes(ctx, 0, sample->bytes, count)) {
        discarded += 1;
        bpf_ringbuf_discard(sample, 0);
        return;
    }
    sample->length = length;
    sample->number = seen;
    sample->captured = count;
    sample->type = type;
    sample->queue = ctx->rx_queue_index;
    if (type == ETH_P_ARP) {
        bpf_ringbuf_discard(sample, BPF_RB_NO_WAKEUP);
        discarded += 1;
        return;
    }
    bpf_ringbuf_submit(sample, BPF_RB_NO_WAKEUP);
}

SEC("xdp")
int sampler(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 length = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || length < 20)
        return XDP_DROP;
    __u16 type = bpf_ntohs(eth->h_proto);

    if (seen++ % rate == 0)
        take_sample(ctx, length, type);
    if (type != ETH_P_IP)
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    struct notice notice = {.host = ip->saddr, .length = length};
    __u64 *packets = bpf_map_lookup_elem(&watched, &notice.host);

    if (!packets)
        return XDP_PASS;
    *packets += 1;
    if (bpf_ringbuf_output(&notices, &notice, sizeof(notice), 0))
        lost += 1;
    if (bpf_ringbuf_query(&notices, BPF_RB_RING_SIZE) != 4096)
        return XDP_DROP;
    bpf_perf_event_output(ctx, &whole, (__u64)length << 32 | BPF_F_CURRENT_CPU, &notice, sizeof(notice));
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
