/*
 * Counts packets by size and by what they carry: a histogram with a bucket for each power of two, one with a bucket for
 * each 64 bytes, both by CPU, and totals by the DSCP of the packet. Everything passes, but for what is no packet.
 */
#include "packet.h"

#define LINEAR_BUCKETS 24
#define LOG_BUCKETS 17

struct histogram {
    __u64 linear[LINEAR_BUCKETS];
    __u64 log[LOG_BUCKETS];
    __u32 smallest;
    __u32 largest;
    __u64 bytes;
    __u64 packets;
};

enum kind {
    OTHER,
    IPV4_TCP,
    IPV4_UDP,
    IPV4_REST,
    IPV6_TCP,
    IPV6_UDP,
    IPV6_REST,
    MALFORMED,
    KINDS,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct histogram);
    __uint(max_entries, KINDS);
} histograms SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64[2]);
    __uint(max_entries, 64);
} by_dscp SEC(".maps");

static __always_inline __u32 log2_of(__u32 value) {
    __u32 result = 0;

    if (value >= 1 << 16)
        return 16;
    if (value >= 1 << 8) {
        value >>= 8;
        result += 8;
    }
    if (value >= 1 << 4) {
        value >>= 4;
        result += 4;
    }
    if (value >= 1 << 2) {
        value >>= 2;
        result += 2;
    }
    return result + (value >> 1);
}

static void account(struct histogram *histogram, __u32 bytes) {
    __u32 bucket = bytes / 64;

    if (bucket >= LINEAR_BUCKETS)
        bucket = LINEAR_BUCKETS - 1;
    histogram->linear[bucket] += 1;
    bucket = log2_of(bytes);
    if (bucket < LOG_BUCKETS)
        histogram->log[bucket] += 1;
    if (!histogram->packets || bytes < histogram->smallest)
        histogram->smallest = bytes;
    if (bytes > histogram->largest)
        histogram->largest = bytes;
    histogram->bytes += bytes;
    histogram->packets += 1;
}

static __always_inline enum kind kind_of(struct cursor *cursor, __u32 *dscp) {
    struct ethhdr *eth = take(cursor, sizeof(*eth));
    __be16 type = eth ? skip_tags(cursor, eth->h_proto) : 0;

    if (type == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(cursor, sizeof(*ip));

        if (!ip || ip->ihl < 5 || ip->version != 4)
            return MALFORMED;
        *dscp = ip->tos >> 2;
        return ip->protocol == IPPROTO_TCP ? IPV4_TCP : ip->protocol == IPPROTO_UDP ? IPV4_UDP : IPV4_REST;
    }
    if (type == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(cursor, sizeof(*ip));

        if (!ip || ip->version != 6)
            return MALFORMED;
        *dscp = (ip->priority << 4 | ip->flow_lbl[0] >> 4) >> 2;
        return ip->nexthdr == IPPROTO_TCP ? IPV6_TCP : ip->nexthdr == IPPROTO_UDP ? IPV6_UDP : IPV6_REST;
    }
    return OTHER;
}

SEC("xdp")
int sizes(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 bytes = cursor.end - cursor.at;
    __u32 dscp = ~0u;
    __u32 kind = kind_of(&cursor, &dscp);
    struct histogram *histogram = bpf_map_lookup_elem(&histograms, &kind);

    if (histogram)
        account(histogram, bytes);
    __u64(*totals)[2] = bpf_map_lookup_elem(&by_dscp, &dscp);

    if (totals) {
        __sync_fetch_and_add(&(*totals)[0], 1);
        __sync_fetch_and_add(&(*totals)[1], bytes);
    }
    return kind == MALFORMED ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
