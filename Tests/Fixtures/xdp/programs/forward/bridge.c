/*
 * A learning bridge: source addresses are learned with the interface they came from, known destinations are redirected
 * through a devmap, unknown ones and groups are sent to every interface but the one that they came from. Addresses that
 * may not be bridged stay here, and a storm of broadcasts from one host is held off.
 */
#include "packet.h"

#define STORM 4

struct station {
    __u32 interface;
    __u32 moves;
    __u32 broadcasts;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, __u8[ETH_ALEN]);
    __type(value, struct station);
    __uint(max_entries, 4096);
} stations SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
    __type(key, __u32);
    __type(value, struct bpf_devmap_val);
    __uint(max_entries, 64);
} ports SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
    __uint(max_entries, 16);
} uplinks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 4);
} events SEC(".maps");

enum { LEARNED, FLOODED, SENT, KEPT };

static __always_inline void count(__u32 what) {
    __u64 *counter = bpf_map_lookup_elem(&events, &what);

    if (counter)
        *counter += 1;
}

static __always_inline struct station *learn(const struct ethhdr *eth, __u32 interface) {
    __u8 address[ETH_ALEN];

    __builtin_memcpy(address, eth->h_source, ETH_ALEN);
    struct station *known = bpf_map_lookup_elem(&stations, address);

    if (!known) {
        struct station fresh = {.interface = interface};

        bpf_map_update_elem(&stations, address, &fresh, BPF_ANY);
        count(LEARNED);
        return bpf_map_lookup_elem(&stations, address);
    }
    if (known->interface != interface) {
        known->interface = interface;
        known->moves += 1;
    }
    return known;
}

SEC("xdp")
int bridge(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __u8 destination[ETH_ALEN];

    if (!eth || eth->h_source[0] & 1)
        return XDP_DROP;
    __builtin_memcpy(destination, eth->h_dest, ETH_ALEN);
    /* 01:80:c2:00:00:0x is for the bridge itself. */
    if (destination[0] == 1 && destination[1] == 0x80 && destination[2] == 0xc2 && !destination[3] && !destination[4] &&
        destination[5] < 16) {
        count(KEPT);
        return XDP_PASS;
    }
    struct station *source = learn(eth, ctx->ingress_ifindex);

    if (destination[0] & 1) {
        if (source && destination[0] == 0xff && ++source->broadcasts > STORM)
            return XDP_DROP;
        count(FLOODED);
        return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
    }
    struct station *target = bpf_map_lookup_elem(&stations, destination);

    if (!target) {
        /* Through the uplink of the address, where there is one; aborted where not. */
        if (destination[1] == 0xee)
            return bpf_redirect_map(&uplinks, destination[5], XDP_ABORTED);
        count(FLOODED);
        return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
    }
    if (target->interface == ctx->ingress_ifindex)
        return destination[5] == 0xaa ? XDP_TX : XDP_DROP;
    count(SENT);
    return bpf_redirect_map(&ports, target->interface, XDP_DROP);
}

char _license[] SEC("license") = "GPL";
