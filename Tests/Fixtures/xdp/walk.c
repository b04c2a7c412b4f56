/*
 * Maps walked from the data path, with callbacks: sweeping idle flows, choosing the least loaded server, summing and
 * clearing counters; nested loops of callbacks; a callback that is given as a variable on one of two ways.
 */
#include "include/packet.h"

#define IDLE_NS 10000000000ULL
#define SWEEP_EVERY 1024

struct flow {
    __be32 source;
    __be32 destination;
    __u32 ports;
};

struct usage {
    __u64 packets;
    __u64 bytes;
    __u64 last;
};

struct server {
    __u32 weight;
    __u32 connections;
    __be32 address;
    __u32 healthy;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct flow);
    __type(value, struct usage);
    __uint(max_entries, 10000);
} flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct server);
    __uint(max_entries, 32);
} servers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __type(key, __u8);
    __type(value, __u64);
    __uint(max_entries, 256);
} protocols SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 256);
} histogram SEC(".maps");

__u64 seen;
__u64 swept;

struct bpf_map;

struct sweep {
    __u64 now;
    __u32 removed;
    __u32 left;
};

static long sweep_flow(struct bpf_map *map, const struct flow *flow, struct usage *usage, struct sweep *sweep) {
    if (sweep->now - usage->last < IDLE_NS) {
        ++sweep->left;
        return 0;
    }
    bpf_map_delete_elem(map, flow);
    ++sweep->removed;
    return sweep->removed >= 64;
}

struct choice {
    __u32 number;
    __u32 load;
};

static long weigh(struct bpf_map *map, const __u32 *number, struct server *server, struct choice *choice) {
    __u32 load;

    if (!server->healthy)
        return 0;
    load = server->weight ? server->connections * 256 / server->weight : ~0U;
    if (load < choice->load) {
        choice->load = load;
        choice->number = *number;
    }
    return 0;
}

static long sum_protocol(struct bpf_map *map, const __u8 *protocol, __u64 *packets, __u64 *sum) {
    *sum += *packets;
    *packets = 0;
    return 0;
}

static long clear(struct bpf_map *map, const void *key, __u64 *value, void *unused) {
    *value = 0;
    return 0;
}

static __always_inline int parse(struct xdp_md *ctx, struct flow *flow, __u8 *protocol, __u32 *length) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || skip_tags(&cursor, eth->h_proto) != bpf_htons(ETH_P_IP))
        return 0;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return 0;
    flow->source = ip->saddr;
    flow->destination = ip->daddr;
    *protocol = ip->protocol;
    *length = bpf_ntohs(ip->tot_len);
    if (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) {
        __u32 *ports = take(&cursor, sizeof(*ports));

        if (!ports)
            return 0;
        flow->ports = *ports;
    }
    return 1;
}

SEC("xdp")
int walk_flows(struct xdp_md *ctx) {
    struct flow flow = {};
    __u8 protocol = 0;
    __u32 length = 0;
    __u64 now = bpf_ktime_get_ns();

    if (!parse(ctx, &flow, &protocol, &length))
        return XDP_PASS;
    struct usage *usage = bpf_map_lookup_elem(&flows, &flow);

    if (usage) {
        __sync_fetch_and_add(&usage->packets, 1);
        __sync_fetch_and_add(&usage->bytes, length);
        usage->last = now;
    } else {
        struct usage fresh = {.packets = 1, .bytes = length, .last = now};

        bpf_map_update_elem(&flows, &flow, &fresh, BPF_ANY);
    }
    __u64 *packets = bpf_map_lookup_elem(&protocols, &protocol);

    if (packets) {
        ++*packets;
    } else {
        __u64 one = 1;

        bpf_map_update_elem(&protocols, &protocol, &one, BPF_ANY);
    }
    __sync_fetch_and_add(&seen, 1);
    if (seen % SWEEP_EVERY == 0) {
        struct sweep sweep = {.now = now};
        __u64 sum = 0;

        bpf_for_each_map_elem(&flows, sweep_flow, &sweep, 0);
        swept += sweep.removed;
        bpf_for_each_map_elem(&protocols, sum_protocol, &sum, 0);
        __u32 bucket = 0;

        for (; bucket < 63 && sum >> bucket; ++bucket)
            ;
        __u64 *count = bpf_map_lookup_elem(&histogram, &bucket);

        if (count)
            ++*count;
        if (sweep.left > 9000)
            return XDP_DROP;
    }
    return XDP_PASS;
}

SEC("xdp")
int walk_servers(struct xdp_md *ctx) {
    struct choice choice = {.number = ~0U, .load = ~0U};
    struct flow flow = {};
    __u8 protocol = 0;
    __u32 length = 0;

    if (!parse(ctx, &flow, &protocol, &length))
        return XDP_PASS;
    long walked = bpf_for_each_map_elem(&servers, weigh, &choice, 0);

    if (walked <= 0)
        return XDP_DROP;
    struct server *server = bpf_map_lookup_elem(&servers, &choice.number);

    if (!server)
        return XDP_DROP;
    __sync_fetch_and_add(&server->connections, 1);
    void *data = (void *)(long)ctx->data;
    struct iphdr *ip = data + sizeof(struct ethhdr);

    if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
        return XDP_DROP;
    ip->check = adjust_checksum(ip->check, ip->daddr, server->address);
    ip->check = adjust_checksum(ip->check, ip->daddr >> 16, server->address >> 16);
    ip->daddr = server->address;
    return XDP_TX;
}

/* A matrix walked by a callback within a callback. */
struct cell {
    __u32 row;
    __u32 column;
    __u64 sum;
};

static long column_step(__u32 column, struct cell *cell) {
    __u32 key = (cell->row * 16 + column) & 255;
    __u64 *value = bpf_map_lookup_elem(&histogram, &key);

    cell->column = column;
    if (value)
        cell->sum += *value;
    return cell->sum > 1000000;
}

static long row_step(__u32 row, struct cell *cell) {
    cell->row = row;
    bpf_loop(16, column_step, cell, 0);
    return 0;
}

SEC("xdp")
int walk_matrix(struct xdp_md *ctx) {
    struct cell cell = {};
    long rows = bpf_loop(16, row_step, &cell, 0);

    if (rows != 16)
        return XDP_ABORTED;
    if (cell.sum > 1000000)
        bpf_for_each_map_elem(&histogram, clear, 0, 0);
    return cell.row & 1 ? XDP_PASS : XDP_DROP;
}

static long add_byte(__u32 index, void *context) {
    struct {
        struct xdp_md *ctx;
        __u32 sum;
    } *state = context;
    __u8 *at = (void *)(long)state->ctx->data + (index & 0xfff);

    if ((void *)(at + 1) > (void *)(long)state->ctx->data_end)
        return 1;
    state->sum += *at;
    return 0;
}

static long xor_byte(__u32 index, void *context) {
    struct {
        struct xdp_md *ctx;
        __u32 sum;
    } *state = context;
    __u8 *at = (void *)(long)state->ctx->data + (index & 0xfff);

    if ((void *)(at + 1) > (void *)(long)state->ctx->data_end)
        return 1;
    state->sum ^= *at;
    *at = state->sum;
    return 0;
}

/* Packet pointers that callbacks make anew, over a number of bytes that is not constant. */
SEC("xdp")
int walk_bytes(struct xdp_md *ctx) {
    struct {
        struct xdp_md *ctx;
        __u32 sum;
    } state = {.ctx = ctx};
    __u32 length = ctx->data_end - ctx->data;

    if (length > 1500)
        return XDP_DROP;
    if (ctx->rx_queue_index & 1)
        bpf_loop(length, add_byte, &state, 0);
    else
        bpf_loop(length, xor_byte, &state, 0);
    return state.sum & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
