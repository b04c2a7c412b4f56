/*
 * Everything in global variables: configuration that user space sets before loading, tables in constant data, counters
 * in .bss, start values in .data, and sections of data with names of their own. No map is declared.
 */
#include "packet.h"

#define PORTS 8
#define WINDOW 16

struct setting {
    __u16 port;
    __u8 protocol;
    __u8 verdict; /* enum xdp_action */
    __u32 limit;
};

/* Set by the loader. */
const volatile struct setting settings[PORTS] = {};
const volatile __u32 setting_count = 0;
const volatile char name[16] = "unnamed";

/* Which part of a packet is looked at, by its type of service. */
static const __u8 weights[8] = {1, 1, 2, 2, 4, 4, 8, 16};
static const char *const reason = 0;

/* Counters. */
__u64 packets[PORTS + 1];
static __u64 weight[8];
static __u32 window[WINDOW], place;

/* Start values. */
__u32 budget[PORTS] = {100, 100, 100, 100, 100, 100, 100, 100};
static __s32 balance = -3;

__u64 dropped SEC(".data.counters") = 0;
__u32 low_water SEC(".data.levels") = 90;
const volatile __u32 step SEC(".rodata.tuning") = 10;

static int verdict_of(__u32 index, __u32 bytes) {
    const volatile struct setting *setting = &settings[index & (PORTS - 1)];

    if (setting->limit && bytes > setting->limit)
        return XDP_DROP;
    if (budget[index & (PORTS - 1)] < step)
        return XDP_ABORTED;
    budget[index & (PORTS - 1)] -= step;
    if (budget[index & (PORTS - 1)] < low_water)
        low_water = budget[index & (PORTS - 1)];
    return setting->verdict;
}

SEC("xdp")
int globals(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 bytes = cursor.end - cursor.at, index = PORTS;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    int verdict = XDP_PASS;

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5)
        return XDP_PASS;
    struct udphdr *ports = take(&cursor, sizeof(*ports));

    if (!ports)
        return XDP_PASS;
    weight[ip->tos >> 5] += weights[ip->tos >> 5];
    window[place++ % WINDOW] = ip->saddr;
    for (__u32 i = 0; i < PORTS; ++i) {
        if (i >= setting_count)
            break;
        if (settings[i].port == bpf_ntohs(ports->dest) && settings[i].protocol == ip->protocol) {
            index = i;
            break;
        }
    }
    if (index <= PORTS)
        packets[index] += 1;
    if (index < PORTS)
        verdict = verdict_of(index, bytes);
    if (verdict == XDP_DROP) {
        dropped += 1;
        balance -= reason ? 2 : 1;
    }
    if (verdict == XDP_TX) {
        swap_addresses(eth);
        balance += name[0] == 'e' ? 5 : 1;
        ip->tos = balance < 0 ? 0 : balance;
    }
    return verdict;
}

char _license[] SEC("license") = "GPL";
