/*
 * Rules for each tenant apart: the VLAN says whose packet it is, a hash of maps has each tenant's own table of hosts and an
 * array of maps its counters, both of which are exchanged while packets flow. Tenants without a table share a default.
 */
#include "packet.h"

enum policy {
    PASS_ON = 1,
    REJECT,
    REFLECT,
};

struct hosts {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __be32);
    __type(value, __u32);
};

struct counters {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 16);
    __type(key, __u16);
    __array(values, struct hosts);
} tenants SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 8);
    __type(key, __u32);
    __array(values, struct counters);
} tables SEC(".maps");

struct hosts common SEC(".maps");

static __always_inline void count(__u32 tenant, __u32 policy) {
    __u32 index = tenant % 8;
    void *table = bpf_map_lookup_elem(&tables, &index);
    __u64 *counter = table ? bpf_map_lookup_elem(table, &policy) : 0;

    if (counter)
        __sync_fetch_and_add(counter, 1);
}

SEC("xdp")
int tenants_policy(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __u16 tenant = 0;

    if (!eth)
        return XDP_DROP;
    __be16 type = eth->h_proto;

    if (is_vlan(type)) {
        struct vlan_tag *tag = take(&cursor, sizeof(*tag));

        if (!tag)
            return XDP_DROP;
        tenant = bpf_ntohs(tag->tci) & 0xfff;
        type = tag->protocol;
    }
    if (type != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    __be32 host = ip->saddr;
    void *hosts = bpf_map_lookup_elem(&tenants, &tenant);
    __u32 *policy = hosts ? bpf_map_lookup_elem(hosts, &host) : bpf_map_lookup_elem(&common, &host);

    if (!policy) {
        __u32 once = PASS_ON;

        /* A tenant's table learns; the common one does not. */
        if (!hosts || bpf_map_update_elem(hosts, &host, &once, BPF_NOEXIST)) {
            count(tenant, 0);
            return XDP_DROP;
        }
        count(tenant, PASS_ON);
        return XDP_PASS;
    }
    count(tenant, *policy);
    switch (*policy) {
    case PASS_ON: return XDP_PASS;
    case REFLECT: swap_addresses(eth); return XDP_TX;
    }
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
