/*
 * Answers SYNs with cookies instead of letting them through: the SYN-ACK's sequence number is a hash of the connection
 * and a slow clock, the ACK that gives it back opens the connection's way. No state is kept for a SYN; the packet itself
 * becomes the answer, with the option MSS, and what was behind it is cut off.
 */
#include "jhash.h"
#include "packet.h"

#define MSS_OPTION 4

struct flow {
    __be32 source;
    __be32 destination;
    __be16 ports[2];
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct flow);
    __type(value, __u32); /* the MSS that the client said */
    __uint(max_entries, 4096);
} proven SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be16);
    __type(value, __u8);
    __uint(max_entries, 64);
} guarded SEC(".maps");

struct clock {
    __u32 tick;
    __u32 pad;
};

/* User space counts it up once a minute. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct clock);
    __uint(max_entries, 1);
} clock SEC(".maps");

struct {
    __u64 challenged;
    __u64 proven;
    __u64 failed;
} totals;

volatile const __u32 secret = 0xc0ffee;
static const __u16 sizes[4] = {536, 1300, 1440, 1460};

static __always_inline __u32 cookie_of(const struct flow *flow, __u32 sequence, __u32 tick, __u32 size) {
    __u32 hash = jhash_3words(flow->source, flow->destination, *(__u32 *)flow->ports, secret ^ tick);

    return ((hash + sequence) & ~0x1f) | (tick & 7) << 2 | size;
}

/* The index of the largest size that the client can take. */
static __always_inline __u32 size_of(__u16 mss) {
    __u32 index = 0;

#pragma unroll
    for (__u32 i = 1; i < array_size(sizes); ++i)
        if (mss >= sizes[i])
            index = i;
    return index;
}

/* The MSS, where it is the first option, as hosts send it. */
static __always_inline __u16 mss_of(struct cursor *cursor, const struct tcphdr *tcp) {
    __u8 *option = tcp->doff > 5 ? take(cursor, MSS_OPTION) : 0;

    return option && option[0] == 2 && option[1] == MSS_OPTION ? option[2] << 8 | option[3] : 536;
}

struct answer {
    struct iphdr ip;
    struct tcphdr tcp;
    __u8 option[MSS_OPTION];
};

static __always_inline int challenge(struct xdp_md *ctx, const struct flow *flow, __u32 sequence, __u16 mss) {
    __u32 zero = 0, size = size_of(mss), wanted = sizeof(struct ethhdr) + sizeof(struct answer);
    struct clock *now = bpf_map_lookup_elem(&clock, &zero);
    struct cursor cursor = packet_of(ctx);
    int length = cursor.end - cursor.at;

    if (!now || bpf_xdp_adjust_tail(ctx, (int)wanted - length))
        return XDP_DROP;
    cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, wanted);

    if (!eth)
        return XDP_DROP;
    struct answer *answer = (void *)(eth + 1);

    swap_addresses(eth);
    __builtin_memset(answer, 0, sizeof(*answer));
    answer->ip.version = 4;
    answer->ip.ihl = 5;
    answer->ip.tot_len = bpf_htons(sizeof(*answer));
    answer->ip.ttl = 64;
    answer->ip.protocol = IPPROTO_TCP;
    answer->ip.saddr = flow->destination;
    answer->ip.daddr = flow->source;
    answer->ip.check = header_checksum(&answer->ip);
    answer->tcp.source = flow->ports[1];
    answer->tcp.dest = flow->ports[0];
    answer->tcp.seq = bpf_htonl(cookie_of(flow, sequence, now->tick, size));
    answer->tcp.ack_seq = bpf_htonl(sequence + 1);
    answer->tcp.doff = 6;
    answer->tcp.syn = 1;
    answer->tcp.ack = 1;
    answer->tcp.window = bpf_htons(65535);
    answer->option[0] = 2;
    answer->option[1] = MSS_OPTION;
    answer->option[2] = sizes[size] >> 8;
    answer->option[3] = (__u8)sizes[size];
    __u64 sum = bpf_htons(IPPROTO_TCP) + bpf_htons(sizeof(struct tcphdr) + MSS_OPTION);
    __u16 *words = (void *)&answer->ip.saddr;

#pragma unroll
    for (int i = 0; i < (int)(8 + sizeof(struct tcphdr) + MSS_OPTION) / 2; ++i)
        sum += words[i];
    answer->tcp.check = fold(sum);
    totals.challenged += 1;
    return XDP_TX;
}

static __always_inline int prove(const struct flow *flow, __u32 sequence, __u32 cookie) {
    __u32 zero = 0, size = cookie & 3;
    struct clock *now = bpf_map_lookup_elem(&clock, &zero);

    if (!now)
        return XDP_DROP;
    for (__u32 age = 0; age < 2; ++age) {
        if (cookie_of(flow, sequence, now->tick - age, size) == cookie) {
            __u32 mss = sizes[size];

            bpf_map_update_elem(&proven, flow, &mss, BPF_ANY);
            totals.proven += 1;
            return XDP_PASS;
        }
    }
    totals.failed += 1;
    return XDP_DROP;
}

SEC("xdp")
int syn_proxy(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_DROP;
    if (ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
        return XDP_PASS;
    struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

    if (!tcp)
        return XDP_DROP;
    struct flow flow = {.source = ip->saddr, .destination = ip->daddr, .ports = {tcp->source, tcp->dest}};

    if (!bpf_map_lookup_elem(&guarded, &flow.ports[1]))
        return XDP_PASS;
    __u32 sequence = bpf_ntohl(tcp->seq);

    if (tcp->syn)
        return tcp->ack ? XDP_DROP : challenge(ctx, &flow, sequence, mss_of(&cursor, tcp));
    if (bpf_map_lookup_elem(&proven, &flow)) {
        if (tcp->rst || tcp->fin)
            bpf_map_delete_elem(&proven, &flow);
        return XDP_PASS;
    }
    return tcp->ack ? prove(&flow, sequence - 1, bpf_ntohl(tcp->ack_seq) - 1) : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
