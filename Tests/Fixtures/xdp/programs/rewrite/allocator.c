/*
 * Source NAT with a pool of addresses in a queue: the first packet of a host takes an address off the queue's front, FIN
 * of its last connection gives it back to the end. Hosts wait while the pool is empty. Who asks too often without getting
 * one is dropped by another reason than who came too late.
 */
#include "packet.h"

struct lease {
    __be32 address;
    __u32 connections;
};

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __type(value, __be32);
    __uint(max_entries, 16);
} pool SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, struct lease);
    __uint(max_entries, 256);
} leases SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, __be32);
    __type(value, __u32);
    __uint(max_entries, 256);
} waiting SEC(".maps");

__u64 handed_out, given_back, overflow;
__be32 front;

static __always_inline struct lease *lease_of(__be32 host) {
    struct lease *lease = bpf_map_lookup_elem(&leases, &host);
    struct lease fresh = {};

    if (lease)
        return lease;
    if (bpf_map_pop_elem(&pool, &fresh.address))
        return 0;
    handed_out += 1;
    bpf_map_update_elem(&leases, &host, &fresh, BPF_ANY);
    return bpf_map_lookup_elem(&leases, &host);
}

static __always_inline void give_back(__be32 host, struct lease *lease) {
    __be32 address = lease->address;

    bpf_map_delete_elem(&leases, &host);
    if (bpf_map_push_elem(&pool, &address, 0))
        overflow += 1;
    else
        given_back += 1;
}

static __always_inline void rewrite(struct iphdr *ip, struct tcphdr *tcp, __be32 address) {
    __u16 *words = (__u16 *)&ip->saddr;

    tcp->check = adjust_checksum(tcp->check, words[0], (__u16)address);
    tcp->check = adjust_checksum(tcp->check, words[1], address >> 16);
    ip->check = adjust_checksum(ip->check, words[0], (__u16)address);
    ip->check = adjust_checksum(ip->check, words[1], address >> 16);
    ip->saddr = address;
}

SEC("xdp")
int allocator(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
        return XDP_PASS;
    struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

    if (!tcp)
        return XDP_PASS;
    __be32 host = ip->saddr;
    struct lease *lease = lease_of(host);

    bpf_map_peek_elem(&pool, &front);
    if (!lease) {
        __u32 one = 1, *times = bpf_map_lookup_elem(&waiting, &host);

        if (!times) {
            bpf_map_update_elem(&waiting, &host, &one, BPF_ANY);
            return XDP_DROP;
        }
        *times += 1;
        return *times > 2 ? XDP_ABORTED : XDP_DROP;
    }
    rewrite(ip, tcp, lease->address);
    if (tcp->syn)
        lease->connections += 1;
    if ((tcp->fin || tcp->rst) && lease->connections && --lease->connections == 0)
        give_back(host, lease);
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
