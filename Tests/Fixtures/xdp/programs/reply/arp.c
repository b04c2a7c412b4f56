/*
 * Answers ARP for the hosts behind a router (proxy ARP), learns who asks, and throws away answers that nobody asked for
 * and that claim a protected address.
 */
#include "packet.h"
#include <linux/if_arp.h>

struct arp_ipv4 {
    __be16 hardware;
    __be16 protocol;
    __u8 hardware_bytes;
    __u8 protocol_bytes;
    __be16 operation;
    __u8 sender[ETH_ALEN];
    __be32 sender_ip;
    __u8 target[ETH_ALEN];
    __be32 target_ip;
} __attribute__((packed));

struct station {
    __u8 address[ETH_ALEN];
    __u16 vlan;
    __u64 seen;
};

enum kind {
    PROXIED = 1,
    PROTECTED,
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, __u32);
    __uint(max_entries, 128);
} hosts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, __be32);
    __type(value, struct station);
    __uint(max_entries, 1024);
} neighbours SEC(".maps");

volatile const __u8 router[ETH_ALEN] = {0x02, 0, 0, 0, 0, 0xfe};
static __u64 asked;

static __always_inline void learn(struct arp_ipv4 *arp, __u16 vlan) {
    __be32 key = arp->sender_ip;
    struct station *known = bpf_map_lookup_elem(&neighbours, &key);
    struct station fresh = {.vlan = vlan, .seen = 1};

    if (known) {
        __builtin_memcpy(known->address, arp->sender, ETH_ALEN);
        known->vlan = vlan;
        known->seen += 1;
        return;
    }
    __builtin_memcpy(fresh.address, arp->sender, ETH_ALEN);
    bpf_map_update_elem(&neighbours, &key, &fresh, BPF_ANY);
}

SEC("xdp")
int arp_proxy(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __u16 vlan = 0;

    if (!eth)
        return XDP_ABORTED;
    __be16 type = eth->h_proto;

    if (is_vlan(type)) {
        struct vlan_tag *tag = take(&cursor, sizeof(*tag));

        if (!tag)
            return XDP_ABORTED;
        vlan = bpf_ntohs(tag->tci) & 0xfff;
        type = tag->protocol;
    }
    if (type != bpf_htons(ETH_P_ARP))
        return XDP_PASS;
    struct arp_ipv4 *arp = take(&cursor, sizeof(*arp));

    if (!arp)
        return XDP_ABORTED;
    if (arp->hardware != bpf_htons(ARPHRD_ETHER) || arp->protocol != bpf_htons(ETH_P_IP) ||
        arp->hardware_bytes != ETH_ALEN || arp->protocol_bytes != 4)
        return XDP_DROP;
    __be32 sender = arp->sender_ip, target = arp->target_ip;
    __u32 *kind = bpf_map_lookup_elem(&hosts, &sender);

    if (kind && *kind == PROTECTED)
        return XDP_DROP;
    learn(arp, vlan);
    if (arp->operation != bpf_htons(ARPOP_REQUEST))
        return XDP_PASS;
    asked += 1;
    /* Who asks for its own address wants to know whether somebody else has it. */
    kind = bpf_map_lookup_elem(&hosts, &target);
    if (!kind || sender == target)
        return XDP_PASS;
    arp->operation = bpf_htons(ARPOP_REPLY);
    __builtin_memcpy(arp->target, arp->sender, ETH_ALEN);
    __builtin_memcpy(arp->sender, (const void *)router, ETH_ALEN);
    arp->sender_ip = target;
    arp->target_ip = sender;
    __builtin_memcpy(eth->h_dest, arp->target, ETH_ALEN);
    __builtin_memcpy(eth->h_source, (const void *)router, ETH_ALEN);
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
