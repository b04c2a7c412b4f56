/*
 * A learning bridge on a hash map: remembers behind which port it saw each address, and sends frames there.
 *
 * Shows maps with typed keys and values (.maps, which needs clang -g), and options that are set on upload:
 *
 *     swale program put bridge learning_bridge.o --set ageing_seconds=60
 *
 * A hash map whose key holds a mac and whose value holds a port is what the API shows as the switch's table:
 *
 *     curl localhost:8080/v1/switches/br0/fdb
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>
#include <net/vale_bpf_uapi.h>

/* An address that was not seen for this long is unknown again; 0: never. */
volatile const __u32 ageing_seconds = 300;

struct fdb_key {
    __u8 mac[ETH_ALEN];
};

struct fdb_entry {
    __u64 last_seen_ns; /* on the monotonic clock */
    __u32 port;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct fdb_key);
    __type(value, struct fdb_entry);
    __uint(max_entries, 4096);
} fdb SEC(".maps");

static __always_inline void learn(const __u8 *mac, __u32 port, __u64 now) {
    struct fdb_key key;
    __builtin_memcpy(key.mac, mac, ETH_ALEN);

    struct fdb_entry *known = bpf_map_lookup_elem(&fdb, &key);
    if (known) {
        known->last_seen_ns = now;
        if (known->port != port)
            known->port = port;
        return;
    }

    /* When the table is full, the address stays unknown and frames to it are flooded. */
    struct fdb_entry entry = {.last_seen_ns = now, .port = port};
    bpf_map_update_elem(&fdb, &key, &entry, BPF_ANY);
}

static __always_inline __u32 find(const __u8 *mac, __u64 now) {
    struct fdb_key key;
    __builtin_memcpy(key.mac, mac, ETH_ALEN);

    struct fdb_entry *known = bpf_map_lookup_elem(&fdb, &key);
    if (!known)
        return VALE_BPF_BROADCAST;
    if (ageing_seconds && now - known->last_seen_ns > ageing_seconds * 1000000000ULL) {
        bpf_map_delete_elem(&fdb, &key);
        return VALE_BPF_BROADCAST;
    }
    return known->port;
}

SEC("vale")
__u32 learning_bridge(struct vale_bpf_md *md) {
    const struct ethhdr *eth = md->data;

    if ((const void *)(eth + 1) > md->data_end)
        return VALE_BPF_DROP;

    __u64 now = bpf_ktime_get_ns();

    /* The lowest bit of the first byte marks a group address, which no host has. */
    if (!(eth->h_source[0] & 1))
        learn(eth->h_source, md->ingress_port, now);
    return eth->h_dest[0] & 1 ? VALE_BPF_BROADCAST : find(eth->h_dest, now);
}

char LICENSE[] SEC("license") = "Apache-2.0";
