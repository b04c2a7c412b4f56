/*
 * A stateful firewall: follows TCP connections through their states from both sides, lets hosts of the inside open them,
 * and drops segments that don't belong to any, or not to the state that theirs is in. UDP has two states, ICMP errors pass
 * if the packet that they quote is of a connection.
 */
#include "packet.h"

enum state {
    NONE,
    SYN_SENT,
    SYN_RECEIVED,
    ESTABLISHED,
    FIN_WAIT,
    CLOSING,
    CLOSED,
    DATAGRAMS,
    ANSWERED,
};

/* The side that opened it comes first. */
struct connection_key {
    __be32 addresses[2];
    __be16 ports[2];
    __u32 protocol;
};

struct connection {
    __u8 state;
    __u8 fin_from; /* bit 0: opener, bit 1: the other */
    __u16 pad;
    __u32 packets[2];
    __u32 last_sequence[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct connection_key);
    __type(value, struct connection);
    __uint(max_entries, 4096);
} connections SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 16);
} transitions SEC(".maps");

volatile const __be32 inside = 0x0000000a; /* 10.0.0.0/8 */
volatile const __be32 inside_mask = 0x000000ff;

static __always_inline struct connection_key reversed(const struct connection_key *key) {
    return (struct connection_key){
        .addresses = {key->addresses[1], key->addresses[0]},
        .ports = {key->ports[1], key->ports[0]},
        .protocol = key->protocol,
    };
}

/* The state after a segment with `flags` from `side`; NONE where it can't come now. */
static __noinline int next_state(int state, int side, __u8 flags) {
    int syn = flags & 2, ack = flags & 16, fin = flags & 1, rst = flags & 4;

    if (rst)
        return CLOSED;
    switch (state) {
    case SYN_SENT:
        if (side == 0)
            return syn && !ack ? SYN_SENT : NONE;
        return syn && ack ? SYN_RECEIVED : NONE;
    case SYN_RECEIVED:
        if (side == 1)
            return syn && ack ? SYN_RECEIVED : NONE;
        return ack && !syn ? ESTABLISHED : NONE;
    case ESTABLISHED:
        if (syn || !ack)
            return NONE;
        return fin ? FIN_WAIT : ESTABLISHED;
    case FIN_WAIT:
        if (syn || !ack)
            return NONE;
        return fin ? CLOSING : FIN_WAIT;
    case CLOSING:
        return ack ? CLOSED : NONE;
    case CLOSED:
        return side == 0 && syn && !ack ? SYN_SENT : NONE;
    }
    return NONE;
}

static __always_inline int follow_tcp(struct connection *connection, int side, struct tcphdr *tcp) {
    __u8 flags = ((__u8 *)tcp)[13];
    int state = next_state(connection->state, side, flags);

    /* A second FIN of the same side changes nothing. */
    if (state == CLOSING && connection->state == FIN_WAIT && connection->fin_from == (side ? 2 : 1))
        state = FIN_WAIT;
    if (state == NONE)
        return XDP_DROP;
    if (flags & 1)
        connection->fin_from |= side ? 2 : 1;
    connection->last_sequence[side & 1] = bpf_ntohl(tcp->seq);
    connection->state = state;
    connection->packets[side & 1] += 1;
    __u32 index = state & 15;
    __u64 *count = bpf_map_lookup_elem(&transitions, &index);

    if (count)
        *count += 1;
    return XDP_PASS;
}

/* ICMP: the quoted packet went the other way. */
static __always_inline int related(struct cursor *cursor) {
    struct icmphdr *icmp = take(cursor, sizeof(*icmp));
    struct iphdr *quoted = icmp ? take(cursor, sizeof(*quoted)) : 0;
    __be16 *ports = quoted && quoted->ihl == 5 ? take(cursor, 8) : 0;

    if (!ports)
        return XDP_ABORTED;
    if (icmp->type != ICMP_DEST_UNREACH && icmp->type != ICMP_TIME_EXCEEDED)
        return XDP_DROP;
    struct connection_key key = {
        .addresses = {quoted->saddr, quoted->daddr}, .ports = {ports[0], ports[1]}, .protocol = quoted->protocol};
    struct connection_key other = reversed(&key);

    return bpf_map_lookup_elem(&connections, &key) || bpf_map_lookup_elem(&connections, &other) ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int conntrack(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct connection fresh = {};
    int side = 0;

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->ihl != 5)
        return XDP_ABORTED;
    if (ip->protocol == IPPROTO_ICMP)
        return related(&cursor);
    if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
        return XDP_DROP;
    struct cursor upper = cursor;
    __be16 *ports = take(&cursor, 8);

    if (!ports)
        return XDP_ABORTED;
    struct connection_key key = {
        .addresses = {ip->saddr, ip->daddr}, .ports = {ports[0], ports[1]}, .protocol = ip->protocol};
    struct connection *connection = bpf_map_lookup_elem(&connections, &key);

    if (!connection) {
        struct connection_key other = reversed(&key);

        connection = bpf_map_lookup_elem(&connections, &other);
        side = connection ? 1 : 0;
    }
    int is_inside = (ip->saddr & inside_mask) == inside;

    if (ip->protocol == IPPROTO_UDP) {
        if (connection) {
            connection->packets[side] += 1;
            if (side)
                connection->state = ANSWERED;
            return XDP_PASS;
        }
        if (!is_inside)
            return XDP_DROP;
        fresh.state = DATAGRAMS;
        fresh.packets[0] = 1;
        bpf_map_update_elem(&connections, &key, &fresh, BPF_ANY);
        return XDP_PASS;
    }
    struct tcphdr *tcp = take(&upper, sizeof(*tcp));

    if (!tcp)
        return XDP_ABORTED;
    if (connection)
        return follow_tcp(connection, side, tcp);
    if (!is_inside || !tcp->syn || tcp->ack)
        return XDP_DROP;
    fresh.state = SYN_SENT;
    fresh.packets[0] = 1;
    fresh.last_sequence[0] = bpf_ntohl(tcp->seq);
    bpf_map_update_elem(&connections, &key, &fresh, BPF_ANY);
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
