/*
 * A VLAN-aware learning bridge: addresses are learned per VLAN, so that the same one may live in two VLANs behind
 * different ports, and ports take part in the VLANs that they are members of.
 *
 * Tagged frames (802.1Q, 802.1ad) belong to the VLAN of their outer tag, untagged ones to the port's own (map pvid, 1
 * where it holds 0). With filtering=1 a port sends and receives in the VLANs only that map members lists for it:
 *
 *     swale program put vlans vlan_bridge.o --set filtering=1
 *     swale map update vlans.members '{"vlan": 10, "port": 2}' 1
 *
 * Frames are never changed: hosts on a trunk see the tags. A flooded frame reaches every port, since broadcast is the
 * only verdict with more than one; a host that is not in its VLAN ignores it by its tag.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <net/vale_bpf_uapi.h>

/* Whether members decides; 0: every port is in every VLAN. */
volatile const __u8 filtering = 0;

struct vlan_tag {
    __be16 tci; /* priority in the upper 4 bits, then the VLAN */
    __be16 inner_type;
};

struct fdb_key {
    __u8 mac[ETH_ALEN];
    __u16 vlan;
};

struct fdb_entry {
    __u64 last_seen_ns;
    __u32 port;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct fdb_key);
    __type(value, struct fdb_entry);
    __uint(max_entries, 8192);
} fdb SEC(".maps");

/* The VLAN of a port's untagged frames. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u16);
    __uint(max_entries, 254);
} pvid SEC(".maps");

struct member {
    __u16 vlan;
    __u16 port;
};

/* The value says nothing: an entry is a membership. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct member);
    __type(value, __u8);
    __uint(max_entries, 4096);
} members SEC(".maps");

static __always_inline int is_member(__u16 vlan, __u32 port) {
    struct member member = {.vlan = vlan, .port = port};

    return !filtering || bpf_map_lookup_elem(&members, &member);
}

/* The VLAN of a frame, which has a whole Ethernet header; 0 where its tag is cut off. */
static __always_inline __u16 vlan_of(const struct ethhdr *eth, const void *end, __u32 port) {
    if (eth->h_proto == bpf_htons(ETH_P_8021Q) || eth->h_proto == bpf_htons(ETH_P_8021AD)) {
        const struct vlan_tag *tag = (const void *)(eth + 1);

        if ((const void *)(tag + 1) > end)
            return 0;
        /* A tag with VLAN 0 carries a priority only. */
        __u16 vlan = bpf_ntohs(tag->tci) & 0xfff;
        if (vlan)
            return vlan;
    }
    __u16 *own = bpf_map_lookup_elem(&pvid, &port);
    return own && *own ? *own : 1;
}

SEC("vale")
__u32 vlan_bridge(struct vale_bpf_md *md) {
    const struct ethhdr *eth = md->data;
    const void *end = md->data_end;

    if ((const void *)(eth + 1) > end)
        return VALE_BPF_DROP;

    __u16 vlan = vlan_of(eth, end, md->ingress_port);
    if (!vlan || !is_member(vlan, md->ingress_port))
        return VALE_BPF_DROP;

    struct fdb_key key = {.vlan = vlan};
    if (!(eth->h_source[0] & 1)) {
        struct fdb_entry entry = {.last_seen_ns = bpf_ktime_get_ns(), .port = md->ingress_port};
        __builtin_memcpy(key.mac, eth->h_source, ETH_ALEN);
        bpf_map_update_elem(&fdb, &key, &entry, BPF_ANY);
    }
    if (eth->h_dest[0] & 1)
        return VALE_BPF_BROADCAST;

    __builtin_memcpy(key.mac, eth->h_dest, ETH_ALEN);
    struct fdb_entry *known = bpf_map_lookup_elem(&fdb, &key);
    if (!known)
        return VALE_BPF_BROADCAST;
    return is_member(vlan, known->port) ? known->port : VALE_BPF_DROP;
}

char LICENSE[] SEC("license") = "Apache-2.0";
