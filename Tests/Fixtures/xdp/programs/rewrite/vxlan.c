/*
 * Ends VXLAN tunnels: takes Ethernet, IP, UDP and VXLAN headers off packets from known peers for known networks, and
 * learns which peer an inner address is behind. The network goes along as metadata, with a mark from the table.
 */
#include "packet.h"

#define VXLAN_PORT 4789
#define HAS_NETWORK 0x08000000

struct vxlan_header {
    __be32 flags;
    __be32 network;
};

struct mark {
    __u32 network;
    __u32 mark;
};

struct peer_key {
    __u32 network;
    __u8 address[ETH_ALEN];
    __u16 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 256);
} networks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, __u64);
    __uint(max_entries, 256);
} peers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct peer_key);
    __type(value, __be32);
    __uint(max_entries, 2048);
} learned SEC(".maps");

/* 0: packets that are not for here keep no metadata. */
volatile const __u8 with_metadata = 1;

static __always_inline void learn(__u32 network, const struct ethhdr *inner, __be32 peer) {
    struct peer_key key = {.network = network};
    __be32 *known;

    __builtin_memcpy(key.address, inner->h_source, ETH_ALEN);
    if (key.address[0] & 1)
        return;
    known = bpf_map_lookup_elem(&learned, &key);
    if (!known || *known != peer)
        bpf_map_update_elem(&learned, &key, &peer, BPF_ANY);
}

SEC("xdp")
int vxlan_end(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    void *start = cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->protocol != IPPROTO_UDP || ip->ihl != 5)
        return XDP_PASS;
    struct udphdr *udp = take(&cursor, sizeof(*udp));

    if (!udp || udp->dest != bpf_htons(VXLAN_PORT))
        return XDP_PASS;
    struct vxlan_header *vxlan = take(&cursor, sizeof(*vxlan));

    if (!vxlan || !(vxlan->flags & bpf_htonl(HAS_NETWORK)))
        return XDP_DROP;
    __be32 peer = ip->saddr;
    __u64 *packets = bpf_map_lookup_elem(&peers, &peer);

    if (!packets)
        return XDP_DROP;
    __sync_fetch_and_add(packets, 1);
    struct mark mark = {.network = bpf_ntohl(vxlan->network) >> 8};
    __u32 *found = bpf_map_lookup_elem(&networks, &mark.network);

    if (!found)
        return XDP_DROP;
    mark.mark = *found;
    int headers = cursor.at - start;
    struct ethhdr *inner = take(&cursor, sizeof(*inner));

    if (!inner)
        return XDP_ABORTED;
    learn(mark.network, inner, peer);
    if (bpf_xdp_adjust_head(ctx, headers))
        return XDP_DROP;
    if (!with_metadata || bpf_xdp_adjust_meta(ctx, -(int)sizeof(mark)))
        return XDP_PASS;
    struct mark *metadata = (void *)(long)ctx->data_meta;

    if ((void *)(metadata + 1) > (void *)(long)ctx->data)
        return XDP_PASS;
    *metadata = mark;
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
