/*
 * Clamps the MSS that TCP hosts announce in SYNs to what a tunnel on the way leaves room for: walks the options, which may
 * lie at odd places, and corrects the checksum. Hosts that are known to have a smaller path get its size. SYNs with
 * options that don't add up are dropped, the option that allows selective acknowledgement can be taken out.
 */
#include "packet.h"

#define MAX_OPTIONS 5
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2
#define OPTION_SACK 4

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, union address);
    __type(value, __u16);
    __uint(max_entries, 256);
} paths SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 4);
} events SEC(".maps");

enum { CLAMPED, KEPT, BROKEN, STRIPPED };

volatile const __u16 ceiling = 1360;
volatile const __u8 strips_sack = 1;
/* 0; what the verifier takes for any number. */
static volatile __u32 unknown;

static __always_inline void count(__u32 what) {
    __u64 *counter = bpf_map_lookup_elem(&events, &what);

    if (counter)
        *counter += 1;
}

/* Changes a byte of the segment at any place, and its checksum. */
static __always_inline void set_byte(struct tcphdr *tcp, __u8 *at, __u32 place, __u8 value) {
    __u32 shift = (place & 1) * 8;
    __u16 before = *at << shift, after = value << shift;

    tcp->check = adjust_checksum(tcp->check, before, after);
    *at = value;
}

static __always_inline int walk(struct cursor cursor, struct tcphdr *tcp, __u16 most) {
    __u32 offset = unknown & 0x3f;

    for (int i = 0; i < MAX_OPTIONS; ++i) {
        __u8 *option = cursor.at + offset;
        /* Read anew, so that what is learned of it is forgotten. */
        __u32 bytes = (((volatile __u8 *)tcp)[12] >> 4) * 4 - sizeof(*tcp);

        if (offset >= bytes)
            return 0;
        if ((void *)(option + 1) > cursor.end)
            return -1;
        if (*option == OPTION_END)
            return 0;
        if (*option == OPTION_NOP) {
            offset = (offset + 1 + unknown) & 0x3f;
            continue;
        }
        if ((void *)(option + 2) > cursor.end || option[1] < 2 || offset + option[1] > bytes)
            return -1;
        __u8 length = option[1];

        if (*option == OPTION_MSS) {
            if (length != 4 || (void *)(option + 4) > cursor.end)
                return -1;
            __u16 mss = option[2] << 8 | option[3];

            if (mss > most) {
                set_byte(tcp, option + 2, offset, most >> 8);
                set_byte(tcp, option + 3, offset + 1, (__u8)most);
                count(CLAMPED);
            } else {
                count(KEPT);
            }
        }
        if (*option == OPTION_SACK && length == 2 && strips_sack) {
            set_byte(tcp, option, offset, OPTION_NOP);
            set_byte(tcp, option + 1, offset + 1, OPTION_NOP);
            count(STRIPPED);
        }
        offset = (offset + length + unknown) & 0x3f;
    }
    return 0;
}

SEC("xdp")
int mss_clamp(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    union address target = {};
    __u8 protocol;

    if (!eth)
        return XDP_PASS;
    __be16 type = skip_tags(&cursor, eth->h_proto);

    if (type == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->ihl != 5 || ip->frag_off & bpf_htons(IP_OFFSET))
            return XDP_PASS;
        target.v4 = ip->daddr;
        protocol = ip->protocol;
    } else if (type == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return XDP_PASS;
        __builtin_memcpy(&target, &ip->daddr, sizeof(target));
        protocol = ip->nexthdr;
    } else {
        return XDP_PASS;
    }
    struct tcphdr *tcp = protocol == IPPROTO_TCP ? take(&cursor, sizeof(*tcp)) : 0;

    if (!tcp || !tcp->syn || tcp->doff <= 5)
        return XDP_PASS;
    __u16 *path = bpf_map_lookup_elem(&paths, &target);

    if (walk(cursor, tcp, path && *path < ceiling ? *path : ceiling) < 0) {
        count(BROKEN);
        return XDP_DROP;
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
