/*
 * An XDP load balancer: connections to one address are spread over several servers, which answer their clients directly.
 *
 * Runs on Linux unmodified. The servers have the address on their loopback interface and are told apart by their MAC
 * addresses: a packet gets the MAC address of its server, and the switch does the rest. What a connection's first packet
 * chose is kept in a table, so that servers come and go without breaking connections. Answers ARP for the address itself.
 *
 *     swale program put balancer xdp_load_balancer.o --set address='[10,77,0,100]' --set servers=2
 *     swale map update balancer.server 0 '{"mac": "02:00:00:00:00:02"}'
 */
#include <linux/bpf.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_SERVERS 64

/* Set before the program is loaded. */
volatile const __u8 address[4] = {10, 77, 0, 100};
volatile const __u8 address_mac[ETH_ALEN] = {2, 0, 0, 0, 0xff, 1};
volatile const __u32 servers = 2;

struct server {
    __u8 mac[ETH_ALEN];
    __u16 unused;
    __u64 packets;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct server);
    __uint(max_entries, MAX_SERVERS);
} server SEC(".maps");

struct flow {
    __be32 source;
    __be16 source_port;
    __be16 destination_port;
    __u32 protocol;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct flow);
    __type(value, __u32);
    __uint(max_entries, 65536);
} flows SEC(".maps");

struct arp_ipv4 {
    struct arphdr head;
    __u8 sender_mac[ETH_ALEN];
    __u8 sender[4];
    __u8 target_mac[ETH_ALEN];
    __u8 target[4];
} __attribute__((packed));

static __always_inline int is_ours(const __u8 *bytes) {
    return bytes[0] == address[0] && bytes[1] == address[1] && bytes[2] == address[2] && bytes[3] == address[3];
}

static __always_inline void put_mac(__u8 *to) {
#pragma unroll
    for (int i = 0; i < ETH_ALEN; i++)
        to[i] = address_mac[i];
}

static __always_inline int answer_arp(struct ethhdr *eth, void *end) {
    struct arp_ipv4 *arp = (void *)(eth + 1);

    if ((void *)(arp + 1) > end || arp->head.ar_op != bpf_htons(ARPOP_REQUEST) || !is_ours(arp->target))
        return XDP_PASS;
    arp->head.ar_op = bpf_htons(ARPOP_REPLY);
    __builtin_memcpy(arp->target_mac, arp->sender_mac, ETH_ALEN);
    __builtin_memcpy(arp->target, arp->sender, 4);
    put_mac(arp->sender_mac);
#pragma unroll
    for (int i = 0; i < 4; i++)
        arp->sender[i] = address[i];
    __builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
    put_mac(eth->h_source);
    return XDP_TX;
}

static __always_inline __u32 mix(const struct flow *flow) {
    __u32 hash = flow->source ^ (flow->source_port | (__u32)flow->destination_port << 16) ^ flow->protocol * 0x9e3779b9;

    hash ^= hash >> 16;
    hash *= 0x85ebca6b;
    hash ^= hash >> 13;
    hash *= 0xc2b2ae35;
    return hash ^ hash >> 16;
}

SEC("xdp")
int xdp_load_balancer(struct xdp_md *md) {
    void *data = (void *)(long)md->data;
    void *end = (void *)(long)md->data_end;
    struct ethhdr *eth = data;

    if ((void *)(eth + 1) > end)
        return XDP_PASS;
    if (eth->h_proto == bpf_htons(ETH_P_ARP))
        return answer_arp(eth, end);

    struct iphdr *ip = (void *)(eth + 1);
    if (eth->h_proto != bpf_htons(ETH_P_IP) || (void *)(ip + 1) > end || !is_ours((__u8 *)&ip->daddr))
        return XDP_PASS;
    if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
        return XDP_DROP;
    __be16 *ports = (void *)ip + ip->ihl * 4;
    if ((void *)(ports + 2) > end || ip->frag_off & bpf_htons(0x3fff))
        return XDP_DROP;

    struct flow flow = {ip->saddr, ports[0], ports[1], ip->protocol};
    __u32 *known = bpf_map_lookup_elem(&flows, &flow);
    __u32 index;
    if (known) {
        index = *known;
    } else {
        if (servers == 0)
            return XDP_DROP;
        index = mix(&flow) % servers;
        bpf_map_update_elem(&flows, &flow, &index, BPF_ANY);
    }
    struct server *chosen = bpf_map_lookup_elem(&server, &index);
    if (!chosen)
        return XDP_DROP;
    __sync_fetch_and_add(&chosen->packets, 1);
    __builtin_memcpy(eth->h_dest, chosen->mac, ETH_ALEN);
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
