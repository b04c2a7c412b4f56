/*
 * A DHCP relay: requests of clients get option 82 (which port they came from) behind their other options and the relay's
 * address in front, and go to the server; answers lose option 82 and go on to the client. Packets grow and shrink at
 * their tail.
 */
#include "packet.h"

#define CLIENT_PORT 68
#define SERVER_PORT 67
#define MAGIC 0x63825363
#define MAX_OPTIONS 24
#define AGENT_OPTION 82
#define AGENT_BYTES 8
#define END 255

struct bootp {
    __u8 op, hardware, address_bytes, hops;
    __be32 id;
    __be16 seconds, flags;
    __be32 client, yours, server, relay;
    __u8 client_hardware[16];
    __u8 names[192];
    __be32 magic;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 3);
} relayed SEC(".maps");

volatile const __be32 own_address = 0x0100000a;
volatile const __be32 server_address = 0x0200000a;
volatile const __u8 max_hops = 4;

static __always_inline void count(__u32 what) {
    __u64 *counter = bpf_map_lookup_elem(&relayed, &what);

    if (counter)
        *counter += 1;
}

/* 0. A number that the verifier does not know: it follows no single offset, but any. */
static volatile __u32 first;

/* Where option `wanted` is, counted from the first one; negative where it is not. */
static __always_inline int find(struct cursor cursor, __u8 wanted) {
    __u32 offset = first & 0x1ff;

    for (int i = 0; i < MAX_OPTIONS; ++i) {
        __u8 *option = cursor.at + offset;

        if ((void *)(option + 1) > cursor.end)
            return -1;
        if (*option == wanted)
            return offset;
        if (*option == END || (void *)(option + 2) > cursor.end)
            return -1;
        offset = (offset + (*option ? 2 + option[1] : 1)) & 0x1ff;
    }
    return -1;
}

struct headers {
    struct ethhdr eth;
    struct iphdr ip;
    struct udphdr udp;
    struct bootp bootp;
} __attribute__((packed));

static __always_inline void resize(struct headers *headers, int by) {
    headers->ip.tot_len = bpf_htons(bpf_ntohs(headers->ip.tot_len) + by);
    headers->udp.len = bpf_htons(bpf_ntohs(headers->udp.len) + by);
    headers->udp.check = 0;
    headers->ip.check = 0;
    headers->ip.check = header_checksum((void *)headers + sizeof(struct ethhdr));
}

static __always_inline int to_server(struct xdp_md *ctx, struct headers *headers, struct cursor cursor) {
    int end = find(cursor, END);

    if (headers->bootp.hops >= max_hops || end < 0)
        return XDP_DROP;
    int length = (long)ctx->data_end - (long)ctx->data;
    int wanted = (int)sizeof(*headers) + end + AGENT_BYTES + 1;

    if (bpf_xdp_adjust_tail(ctx, wanted - length))
        return XDP_DROP;
    cursor = packet_of(ctx);
    headers = take(&cursor, sizeof(*headers));
    if (!headers)
        return XDP_DROP;
    __u8 *agent = cursor.at + (end & 0x1ff);

    if ((void *)(agent + AGENT_BYTES + 1) > cursor.end)
        return XDP_DROP;
    agent[0] = AGENT_OPTION;
    agent[1] = AGENT_BYTES - 2;
    agent[2] = 1; /* circuit */
    agent[3] = 4;
    __builtin_memcpy(agent + 4, &(__u32){ctx->ingress_ifindex}, 4);
    agent[AGENT_BYTES] = END;
    headers->bootp.hops += 1;
    if (!headers->bootp.relay)
        headers->bootp.relay = own_address;
    headers->ip.saddr = own_address;
    headers->ip.daddr = server_address;
    resize(headers, wanted - length);
    count(0);
    return XDP_TX;
}

static __always_inline int to_client(struct xdp_md *ctx, struct headers *headers, struct cursor cursor) {
    int agent = find(cursor, AGENT_OPTION);

    if (headers->bootp.relay != own_address) {
        count(2);
        return XDP_PASS;
    }
    headers->bootp.relay = 0;
    headers->ip.daddr = headers->bootp.flags & bpf_htons(0x8000) ? 0xffffffff : headers->bootp.yours;
    if (agent < 0)
        resize(headers, 0);
    if (agent >= 0) {
        int wanted = (int)sizeof(*headers) + agent + 1;
        int length = (long)ctx->data_end - (long)ctx->data;
        __u8 *end = cursor.at + (agent & 0x1ff);

        if ((void *)(end + 1) > cursor.end)
            return XDP_DROP;
        *end = END;
        resize(headers, wanted - length);
        if (bpf_xdp_adjust_tail(ctx, wanted - length))
            return XDP_DROP;
    }
    count(1);
    return XDP_TX;
}

SEC("xdp")
int dhcp_relay(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct headers *headers = take(&cursor, sizeof(*headers));

    if (!headers || headers->eth.h_proto != bpf_htons(ETH_P_IP) || headers->ip.ihl != 5 ||
        headers->ip.protocol != IPPROTO_UDP || headers->udp.dest != bpf_htons(SERVER_PORT))
        return XDP_PASS;
    if (headers->bootp.magic != bpf_htonl(MAGIC) || headers->bootp.address_bytes != ETH_ALEN)
        return XDP_DROP;
    switch (headers->bootp.op) {
    case 1: return to_server(ctx, headers, cursor);
    case 2: return to_client(ctx, headers, cursor);
    }
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
