/*
 * Loops by callback: extension headers of IPv6 are walked with bpf_loop, the largest of a table of senders is looked for
 * with for_each_map_elem, which ages the others at the same time and deletes the idle ones. Every sixteenth packet pays
 * for that.
 */
#include "packet.h"

#define MAX_HEADERS 8
#define PERIOD 16

struct sender {
    __u64 bytes;
    __u32 packets;
    __u32 idle;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct in6_addr);
    __type(value, struct sender);
    __uint(max_entries, 256);
} senders SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 256);
} by_header SEC(".maps");

struct walk {
    struct xdp_md *ctx;
    __u32 offset;
    __u8 next;
    __u8 state; /* 0: goes on, 1: at an upper protocol, 2: cut off, 3: not to be let in */
};

struct sweep {
    __u64 most;
    __u32 aged;
    __u32 deleted;
};

__u64 largest_bytes, sweeps, aged, deleted, headers_seen;
static __u32 packets;

static long step(__u64 index, void *context) {
    struct walk *walk = context;
    void *data = (void *)(long)walk->ctx->data, *end = (void *)(long)walk->ctx->data_end;
    __u32 offset = walk->offset & 0x3ff, key = walk->next;
    __u64 *count = bpf_map_lookup_elem(&by_header, &key);
    __u8 *header = data + offset;

    if (count)
        *count += 1;
    switch (walk->next) {
    case 0: /* hop by hop */
        if (index) {
            walk->state = 3;
            return 1;
        }
        __attribute__((fallthrough));
    case 43: /* routing */
    case 60: /* destination */
        if ((void *)(header + 8) > end) {
            walk->state = 2;
            return 1;
        }
        if (walk->next == 43 && header[2] == 0) {
            walk->state = 3;
            return 1;
        }
        walk->next = header[0];
        walk->offset = offset + 8 + header[1] * 8;
        return 0;
    case 44: /* fragment */
        if ((void *)(header + 8) > end) {
            walk->state = 2;
            return 1;
        }
        walk->next = header[0];
        walk->offset = offset + 8;
        return 0;
    }
    walk->state = 1;
    return 1;
}

static long age(void *map, struct in6_addr *key, struct sender *sender, struct sweep *sweep) {
    if (sender->bytes > sweep->most)
        sweep->most = sender->bytes;
    sender->bytes -= sender->bytes / 4;
    sweep->aged += 1;
    if (sender->packets == sender->idle) {
        bpf_map_delete_elem(&senders, key);
        sweep->deleted += 1;
        return 0;
    }
    sender->idle = sender->packets;
    return 0;
}

static __noinline void clean(void) {
    struct sweep sweep = {};

    bpf_for_each_map_elem(&senders, age, &sweep, 0);
    largest_bytes = sweep.most;
    aged += sweep.aged;
    deleted += sweep.deleted;
    sweeps += 1;
}

SEC("xdp")
int callbacks(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    __u32 bytes = cursor.end - cursor.at;
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct walk walk = {.ctx = ctx};

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IPV6))
        return XDP_PASS;
    struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

    if (!ip)
        return XDP_ABORTED;
    struct in6_addr source = ip->saddr;
    struct sender *sender = bpf_map_lookup_elem(&senders, &source);

    if (sender) {
        sender->bytes += bytes;
        sender->packets += 1;
    } else {
        struct sender fresh = {.bytes = bytes, .packets = 1};

        bpf_map_update_elem(&senders, &source, &fresh, BPF_ANY);
    }
    walk.offset = sizeof(*eth) + sizeof(*ip);
    walk.next = ip->nexthdr;
    long walked = bpf_loop(MAX_HEADERS, step, &walk, 0);

    headers_seen += walked;
    if (++packets % PERIOD == 0)
        clean();
    switch (walk.state) {
    case 1: return XDP_PASS;
    case 2: return XDP_ABORTED;
    default: return XDP_DROP;
    }
}

char _license[] SEC("license") = "GPL";
