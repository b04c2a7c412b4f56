/*
 * For packets of several pages: looks at them through load_bytes and store_bytes alone, wherever a header lies. Sums up
 * some bytes of the payload, stamps the packet with what it found, and answers probes at its end. Linked as a program
 * that knows fragments.
 */
#include "packet.h"

#define PROBE 0x534a
#define STRIDE 256
#define MOST 24

struct probe {
    __be16 kind;
    __be16 length;
    __be32 sum;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 8);
} lengths SEC(".maps");

__u64 total_bytes, refused;

static __always_inline __u32 sum_bytes(struct xdp_md *ctx, __u32 from, __u64 length) {
    __u32 sum = 0;

    for (__u32 i = 0; i < MOST; ++i) {
        __u8 bytes[4] = {};
        __u32 offset = from + i * STRIDE;

        if (offset >= length)
            break;
        if (bpf_xdp_load_bytes(ctx, offset, bytes, sizeof(bytes)) < 0) {
            refused += 1;
            break;
        }
        sum = sum * 31 + bytes[0] + bytes[3];
    }
    return sum;
}

SEC("xdp.frags")
int jumbo(struct xdp_md *ctx) {
    __u64 length = bpf_xdp_get_buff_len(ctx);
    __u32 bucket = length >> 10;
    struct iphdr ip;
    struct ethhdr eth;
    struct probe probe = {};

    if (bpf_xdp_load_bytes(ctx, 0, &eth, sizeof(eth)) < 0)
        return XDP_DROP;
    total_bytes += length;
    if (bucket > 7)
        bucket = 7;
    __u64 *count = bpf_map_lookup_elem(&lengths, &bucket);

    if (count)
        *count += 1;
    if (eth.h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    if (bpf_xdp_load_bytes(ctx, sizeof(eth), &ip, sizeof(ip)) < 0)
        return XDP_DROP;
    if (ip.protocol != IPPROTO_UDP)
        return XDP_PASS;
    __u32 header = sizeof(eth) + ip.ihl * 4;

    if (bpf_xdp_load_bytes(ctx, header + sizeof(struct udphdr), &probe, sizeof(probe)) < 0)
        return XDP_DROP;
    if (probe.kind != bpf_htons(PROBE))
        return XDP_PASS;
    probe.sum = bpf_htonl(sum_bytes(ctx, header + sizeof(struct udphdr) + sizeof(probe), length));
    probe.length = bpf_htons(length);
    if (bpf_xdp_store_bytes(ctx, header + sizeof(struct udphdr), &probe, sizeof(probe)) < 0)
        return XDP_DROP;
    /* At the end too, which may be another page. */
    if (bpf_xdp_store_bytes(ctx, length - sizeof(probe), &probe, sizeof(probe)) < 0)
        return XDP_DROP;
    __u8 addresses[2 * ETH_ALEN];

    __builtin_memcpy(addresses, eth.h_source, ETH_ALEN);
    __builtin_memcpy(addresses + ETH_ALEN, eth.h_dest, ETH_ALEN);
    return bpf_xdp_store_bytes(ctx, 0, addresses, sizeof(addresses)) < 0 ? XDP_DROP : XDP_TX;
}

char _license[] SEC("license") = "GPL";
