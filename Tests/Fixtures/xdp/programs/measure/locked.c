/*
 * Counters that stay consistent with each other: packets, bytes and their largest are changed together under a spin lock,
 * for each sender and for all. A window of bytes limits each sender; who is above it waits for the next window, which a
 * number of packets opens.
 */
#include "packet.h"

#define WINDOW_PACKETS 8

struct account {
    struct bpf_spin_lock lock;
    __u32 packets;
    __u64 bytes;
    __u64 window_bytes;
    __u32 window;
    __u32 largest;
    __u32 refused;
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, struct account);
    __uint(max_entries, 1024);
} accounts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct account);
    __uint(max_entries, 1);
} everything SEC(".maps");

volatile const __u64 window_limit = 2000;

static __always_inline int charge(struct account *account, __u32 bytes, __u64 limit) {
    int refused = 0;

    bpf_spin_lock(&account->lock);
    if (account->packets % WINDOW_PACKETS == 0) {
        account->window += 1;
        account->window_bytes = 0;
    }
    account->packets += 1;
    if (limit && account->window_bytes + bytes > limit) {
        account->refused += 1;
        refused = 1;
    } else {
        account->bytes += bytes;
        account->window_bytes += bytes;
        if (bytes > account->largest)
            account->largest = bytes;
    }
    bpf_spin_unlock(&account->lock);
    return refused;
}

SEC("xdp")
int locked(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 bytes = cursor.end - cursor.at, zero = 0;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct account *account = bpf_map_lookup_elem(&everything, &zero);

    if (!eth || !account)
        return XDP_DROP;
    charge(account, bytes, 0);
    if (eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    __be32 source = ip->saddr;

    account = bpf_map_lookup_elem(&accounts, &source);
    if (!account) {
        struct account fresh = {};

        bpf_map_update_elem(&accounts, &source, &fresh, BPF_NOEXIST);
        account = bpf_map_lookup_elem(&accounts, &source);
        if (!account)
            return XDP_DROP;
    }
    return charge(account, bytes, window_limit) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
