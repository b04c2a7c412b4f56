/*
 * Spreads packets over workers and sockets: a hash of the addresses, the same for both directions, picks a CPU of a cpumap;
 * packets for a port that a process has asked for go to its socket where one is bound, and to the host where none is. What
 * is no IP stays where it is, and a CPU that is not in the map drops.
 */
#include "jhash.h"
#include "packet.h"

#define CPUS 8

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __type(key, __u32);
    __type(value, struct bpf_cpumap_val);
    __uint(max_entries, CPUS);
} cpus SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, CPUS);
} available SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(key_size, 4);
    __uint(value_size, 4);
    __uint(max_entries, 16);
} sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, CPUS);
} spread_to SEC(".maps");

volatile const __u32 cpu_count = 4;
volatile const __u16 taken_port = 9999;

static __always_inline int to_cpu(__u32 hash) {
    __u32 index = hash % (cpu_count ? cpu_count : 1) % CPUS;
    __u32 *cpu = bpf_map_lookup_elem(&available, &index);
    __u64 *count = bpf_map_lookup_elem(&spread_to, &index);

    if (!cpu || !count)
        return XDP_PASS;
    *count += 1;
    return bpf_redirect_map(&cpus, *cpu, XDP_DROP);
}

SEC("xdp")
int spread(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return XDP_DROP;
        if (ip->protocol == IPPROTO_UDP && ip->ihl == 5) {
            struct udphdr *udp = take(&cursor, sizeof(*udp));

            if (udp && udp->dest == bpf_htons(taken_port))
                return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
        }
        return to_cpu(jhash_3words(ip->saddr ^ ip->daddr, ip->protocol, 0, 1));
    }
    if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return XDP_DROP;
        return to_cpu(jhash_3words(ip->saddr.s6_addr32[3] ^ ip->daddr.s6_addr32[3], ip->nexthdr, 0, 1));
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
