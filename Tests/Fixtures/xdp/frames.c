/*
 * Frames of many buffers (`xdp.frags`): what may lie beyond the first buffer is read and written by helpers, into
 * buffers on the stack, in maps and in ring buffer records, of sizes that are constant or bounded.
 */
#include "include/packet.h"

struct head {
    __u8 bytes[256];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct head);
    __uint(max_entries, 2);
} heads SEC(".maps");

struct record {
    __u32 length;
    __u32 captured;
    __u8 bytes[192];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 16);
} records SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} samples SEC(".maps");

volatile const __u32 snap = 128;

/* The sum of all of an IPv4 packet's payload, in pieces of 64 bytes, against what ICMP says of it. */
SEC("xdp.frags")
int frames_checksum(struct xdp_md *ctx) {
    struct {
        struct ethhdr eth;
        struct iphdr ip;
        struct icmphdr icmp;
    } __attribute__((packed)) headers;
    __u8 piece[64];
    __u64 sum = 0;

    if (bpf_xdp_load_bytes(ctx, 0, &headers, sizeof(headers)))
        return XDP_PASS;
    if (headers.eth.h_proto != bpf_htons(ETH_P_IP) || headers.ip.protocol != IPPROTO_ICMP || headers.ip.ihl != 5)
        return XDP_PASS;
    __u32 left = bpf_ntohs(headers.ip.tot_len) - sizeof(headers.ip);
    __u32 offset = sizeof(headers.eth) + sizeof(headers.ip);

    if (offset + left > bpf_xdp_get_buff_len(ctx))
        return XDP_DROP;
    for (int i = 0; i < 144; ++i) {
        if (left < sizeof(piece))
            break;
        if (bpf_xdp_load_bytes(ctx, offset, piece, sizeof(piece)))
            return XDP_DROP;
        __s64 next = bpf_csum_diff(0, 0, (void *)piece, sizeof(piece), sum);

        if (next < 0)
            return XDP_ABORTED;
        sum = next;
        offset += sizeof(piece);
        left -= sizeof(piece);
    }
    if (left >= sizeof(piece))
        return XDP_PASS;
    if (left) {
        __builtin_memset(piece, 0, sizeof(piece));
        opaque(left);
        left &= sizeof(piece) - 1;
        if (left == 0 || bpf_xdp_load_bytes(ctx, offset, piece, left))
            return XDP_DROP;
        sum = bpf_csum_diff(0, 0, (void *)piece, sizeof(piece), sum);
    }
    return fold(sum) == 0 ? XDP_PASS : XDP_DROP;
}

/* A sample of the frame in a ring buffer record, of a size that the record bounds. */
SEC("xdp.frags")
int frames_capture(struct xdp_md *ctx) {
    __u64 length = bpf_xdp_get_buff_len(ctx);
    struct record *record;

    if (bpf_get_prandom_u32() & 0xff)
        return XDP_PASS;
    record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
    if (!record)
        return XDP_PASS;
    __u64 captured = min(length, snap);

    opaque(captured);
    if (captured == 0 || captured > sizeof(record->bytes)) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
        return XDP_PASS;
    }
    record->length = length;
    record->captured = captured;
    if (bpf_xdp_load_bytes(ctx, 0, record->bytes, captured)) {
        bpf_ringbuf_discard(record, 0);
        return XDP_PASS;
    }
    bpf_ringbuf_submit(record, 0);
    __u32 meta[2] = {length, captured};

    bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU | length << 32, meta, sizeof(meta));
    return XDP_PASS;
}

/* Takes 64 bytes at an offset that the frame names, turns them round in a map's value and writes them back. */
SEC("xdp.frags")
int frames_rewrite(struct xdp_md *ctx) {
    __u32 zero = 0, one = 1;
    struct head *from = bpf_map_lookup_elem(&heads, &zero);
    struct head *to = bpf_map_lookup_elem(&heads, &one);
    __u16 offset;

    if (!from || !to)
        return XDP_ABORTED;
    if (bpf_xdp_load_bytes(ctx, sizeof(struct ethhdr), &offset, sizeof(offset)))
        return XDP_DROP;
    if (bpf_xdp_load_bytes(ctx, offset, from->bytes, sizeof(from->bytes)))
        return XDP_DROP;
#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < sizeof(from->bytes); ++i)
        to->bytes[sizeof(to->bytes) - 1 - i] = from->bytes[i];
    __u32 size = from->bytes[0];

    opaque(size);
    size &= 0x7f;
    if (size && bpf_xdp_store_bytes(ctx, offset, to->bytes + 64, size))
        return XDP_DROP;
    __u32 start = ctx->data_end - ctx->data;

    if (start < 64 && bpf_xdp_adjust_tail(ctx, 64 - (int)start))
        return XDP_DROP;
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
