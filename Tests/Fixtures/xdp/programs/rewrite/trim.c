/*
 * Shapes packets at their tail: what the Ethernet padding or a capture's trailer left behind the IP packet is cut off,
 * short frames are filled up to 60 bytes, marked packets get a trailer with a sequence number and a checksum, those with
 * a valid trailer lose it, and what is larger than the limit is cut and sent back as a sample.
 */
#include "packet.h"

#define SHORTEST 60
#define LARGEST 1280
#define SAMPLE 128
#define TRAILER_MAGIC 0x5377616c

struct trailer {
    __be32 magic;
    __be32 sequence;
    __be32 sum;
};

struct {
    __u64 trimmed;
    __u64 padded;
    __u64 signed_;
    __u64 checked;
    __u64 forged;
    __u64 refused;
} totals;

static __u32 sequence;
volatile const __u8 mark = 0x48; /* type of service that asks for a trailer */

/* Moves the end by `by` bytes. */
static __always_inline int move_end(struct xdp_md *ctx, int by) {
    if (bpf_xdp_adjust_tail(ctx, by) == 0)
        return 0;
    totals.refused += 1;
    return -1;
}

static __always_inline __u32 sum_of(__u32 sequence, __be16 id) {
    return (sequence * 2654435761u) ^ id;
}

static __always_inline int sign(struct xdp_md *ctx, __u32 length, __be16 id) {
    if (move_end(ctx, sizeof(struct trailer)))
        return XDP_DROP;
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

    struct trailer *trailer = data + (length & 0x7ff);

    if ((void *)(trailer + 1) > end)
        return XDP_DROP;
    /* What is new is zero. */
    if (trailer->magic | trailer->sequence | trailer->sum)
        return XDP_DROP;
    trailer->magic = bpf_htonl(TRAILER_MAGIC);
    trailer->sequence = bpf_htonl(++sequence);
    trailer->sum = bpf_htonl(sum_of(sequence, id));
    totals.signed_ += 1;
    return XDP_PASS;
}

static __always_inline int check(struct xdp_md *ctx, struct trailer *trailer, __be16 id) {
    __u32 number = bpf_ntohl(trailer->sequence);

    if (trailer->sum != bpf_htonl(sum_of(number, id))) {
        totals.forged += 1;
        return XDP_DROP;
    }
    totals.checked += 1;
    return move_end(ctx, -(int)sizeof(*trailer)) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int trim(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    void *start = cursor.at;
    int length = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto != bpf_htons(ETH_P_IP)) {
        if (length >= SHORTEST)
            return XDP_PASS;
        totals.padded += 1;
        return move_end(ctx, SHORTEST - length) ? XDP_DROP : XDP_PASS;
    }
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    __u32 wanted = sizeof(*eth) + bpf_ntohs(ip->tot_len);

    if (wanted > length || wanted < sizeof(*eth) + sizeof(*ip))
        return XDP_DROP;
    if (length > LARGEST) {
        swap_addresses(eth);
        return move_end(ctx, SAMPLE - length) ? XDP_DROP : XDP_TX;
    }
    __be16 id = ip->id;

    if (wanted + sizeof(struct trailer) == length) {
        struct trailer *trailer = start + (wanted & 0x7ff);

        if ((void *)(trailer + 1) <= cursor.end && trailer->magic == bpf_htonl(TRAILER_MAGIC))
            return check(ctx, trailer, id);
    }
    __u8 tos = ip->tos;

    if (wanted < length) {
        totals.trimmed += 1;
        if (move_end(ctx, (int)wanted - length))
            return XDP_DROP;
    }
    return tos == mark ? sign(ctx, wanted, id) : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
