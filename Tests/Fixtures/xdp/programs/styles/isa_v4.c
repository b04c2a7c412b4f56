/*
 * For the fourth version of the instruction set: signed division and remainder, loads with sign extension, unconditional
 * byte swaps, moves with sign extension, long jumps. A moving average of what each VLAN sends, with signed fixed-point
 * numbers, decides whether it sends too much.
 *
 * clang: -mcpu=v4
 */
#include "packet.h"

#define SCALE 256

struct average {
    __s32 mean;    /* bytes, in 1/256 */
    __s32 trend;   /* of late; negative when packets get smaller */
    __s16 last;
    __s8 state;    /* below zero: calm */
    __s8 pad;
    __s64 energy;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u16);
    __type(value, struct average);
    __uint(max_entries, 4096);
} averages SEC(".maps");

volatile const __s32 ceiling = 900;
volatile const __s32 smoothing = -8; /* the sign is for the sake of division */

static __noinline __s64 update(struct average *average, __s16 bytes) {
    if (!average)
        return 0;
    __s32 difference = (__s32)bytes * SCALE - average->mean;
    __s32 step = difference / -smoothing;
    __s16 change = bytes - average->last;

    average->mean += step;
    average->trend = (average->trend * 3 + change) / 4;
    average->last = bytes;
    average->energy += (__s64)change * change % 1000003 - average->trend % 7;
    if (average->mean / SCALE > ceiling) {
        if (average->state < 100)
            average->state += 3;
    } else if (average->state > -100) {
        average->state -= 1;
    }
    return average->state;
}

/* What a signed field of the packet says, as big endian. */
static __always_inline __s32 signed_field(const void *at) {
    return (__s16)__builtin_bswap16(*(const __u16 *)at);
}

SEC("xdp")
int signed_averages(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __s64 bytes = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct average fresh = {.mean = (__s32)bytes * SCALE, .last = bytes, .state = -1};
    struct vlan_tag *tag;
    __u16 vlan = 0;

    if (!eth)
        return XDP_PASS;
    __be16 type = eth->h_proto;

    if (is_vlan(type)) {
        tag = take(&cursor, sizeof(*tag));
        if (!tag)
            return XDP_ABORTED;
        vlan = bpf_ntohs(tag->tci);
        type = tag->protocol;
    }
    struct average *average = bpf_map_lookup_elem(&averages, &vlan);

    if (!average) {
        bpf_map_update_elem(&averages, &vlan, &fresh, BPF_NOEXIST);
        return XDP_PASS;
    }
    __s64 state = update(average, bytes);

    if (state > 5)
        return XDP_DROP;
    if (type == bpf_htons(0x88b5)) {
        __u8 *probe = take(&cursor, 8);

        if (!probe)
            return XDP_ABORTED;
        __s32 value = signed_field(probe), divisor = (__s8)probe[2];
        __s64 quotient = divisor ? value / divisor : -1, rest = divisor ? (__s64)value % divisor : value;

        *(__be32 *)(probe + 4) = __builtin_bswap32((__s32)(quotient * 1000 + rest));
        swap_addresses(eth);
        return XDP_TX;
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
