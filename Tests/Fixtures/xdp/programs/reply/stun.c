/*
 * A STUN server (RFC 8489) for binding requests over IPv4 and IPv6: the packet becomes the answer, with the address and port
 * that the request came from in the attribute XOR-MAPPED-ADDRESS; what the request had for attributes is cut off or room is
 * made for the answer's. Requests with attributes that must be understood get an error with their number.
 */
#include "packet.h"

#define STUN_PORT 3478
#define COOKIE 0x2112a442
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define BINDING_ERROR 0x0111
#define XOR_MAPPED_ADDRESS 0x0020
#define ERROR_CODE 0x0009
#define MAX_ATTRIBUTES 6

struct stun {
    __be16 type;
    __be16 length;
    __be32 cookie;
    __be32 transaction[3];
};

struct attribute {
    __be16 type;
    __be16 length;
};

struct mapped {
    struct attribute attribute;
    __u8 zero;
    __u8 family;
    __be16 port;
    __be32 address[4];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 3);
} answers SEC(".maps");

/* 0; what the verifier takes for any number. */
static volatile __u32 unknown;

static __always_inline void count(__u32 what) {
    __u64 *counter = bpf_map_lookup_elem(&answers, &what);

    if (counter)
        *counter += 1;
}

/* The first attribute that must be understood and is not; 0: there is none, negative: they don't add up. */
static __always_inline int first_unknown(struct cursor cursor, __u32 length) {
    __u32 offset = unknown & 0x1fc;

    for (int i = 0; i < MAX_ATTRIBUTES; ++i) {
        struct attribute *attribute = cursor.at + offset;

        if (offset >= length)
            return 0;
        if ((void *)(attribute + 1) > cursor.end)
            return -1;
        __u16 type = bpf_ntohs(attribute->type);

        if (type < 0x8000)
            return type ? type : -1;
        offset = (offset + sizeof(*attribute) + ((bpf_ntohs(attribute->length) + 3) & ~3)) & 0x1fc;
    }
    return -1;
}

struct request {
    __be32 source[4];
    __be32 transaction[3];
    __be16 port;
    int is_ipv6;
    int error;
};

static __always_inline void sum_words(__u64 *sum, const void *at, int bytes) {
    const __u16 *words = at;

#pragma unroll
    for (int i = 0; i < bytes / 2; ++i)
        *sum += words[i];
}

/* Writes the answer behind headers of `before` bytes, for a message of `bytes`. */
static __always_inline int answer(struct xdp_md *ctx, const struct request *request, int before, int bytes) {
    int length = (long)ctx->data_end - (long)ctx->data, headers = before + sizeof(struct udphdr);

    if (bpf_xdp_adjust_tail(ctx, headers + bytes - length))
        return XDP_DROP;
    struct cursor cursor = packet_of(ctx);
    void *start = take(&cursor, headers + bytes);

    if (!start)
        return XDP_DROP;
    struct udphdr *udp = start + before;
    struct stun *stun = (void *)(udp + 1);
    struct mapped *mapped = (void *)(stun + 1);
    __be16 port = udp->source;
    __u64 sum = 0;

    swap_addresses(start);
    udp->source = udp->dest;
    udp->dest = port;
    udp->len = bpf_htons(sizeof(*udp) + bytes);
    udp->check = 0;
    stun->length = bpf_htons(bytes - sizeof(*stun));
    mapped->zero = 0;
    if (request->error) {
        stun->type = bpf_htons(BINDING_ERROR);
        mapped->attribute.type = bpf_htons(ERROR_CODE);
        mapped->attribute.length = bpf_htons(4);
        mapped->family = 0;
        mapped->port = bpf_htons(4 << 8 | 20);
    } else {
        stun->type = bpf_htons(BINDING_SUCCESS);
        mapped->attribute.type = bpf_htons(XOR_MAPPED_ADDRESS);
        mapped->attribute.length = bpf_htons(request->is_ipv6 ? 20 : 8);
        mapped->family = request->is_ipv6 ? 2 : 1;
        mapped->port = request->port ^ bpf_htons(COOKIE >> 16);
        mapped->address[0] = request->source[0] ^ bpf_htonl(COOKIE);
        if (request->is_ipv6)
            for (int i = 1; i < 4; ++i)
                mapped->address[i] = request->source[i] ^ request->transaction[i - 1];
    }
    if (request->is_ipv6) {
        struct ipv6hdr *ip = start + sizeof(struct ethhdr);
        struct in6_addr own = ip->daddr;

        ip->daddr = ip->saddr;
        ip->saddr = own;
        ip->hop_limit = 64;
        ip->payload_len = udp->len;
        sum_words(&sum, &ip->saddr, 32);
        sum += bpf_htons(IPPROTO_UDP) + udp->len;
        sum_words(&sum, udp, sizeof(*udp));
        sum_words(&sum, stun, bytes);
        udp->check = fold(sum);
        return XDP_TX;
    }
    struct iphdr *ip = start + sizeof(struct ethhdr);
    __be32 own = ip->daddr;

    ip->daddr = ip->saddr;
    ip->saddr = own;
    ip->ttl = 64;
    ip->tot_len = bpf_htons(sizeof(*ip) + sizeof(*udp) + bytes);
    ip->check = 0;
    ip->check = header_checksum(ip);
    return XDP_TX;
}

SEC("xdp")
int stun_server(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct request request = {};

    if (!eth)
        return XDP_PASS;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
            return XDP_PASS;
        request.source[0] = ip->saddr;
    } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->nexthdr != IPPROTO_UDP)
            return XDP_PASS;
        __builtin_memcpy(request.source, &ip->saddr, sizeof(request.source));
        request.is_ipv6 = 1;
    } else {
        return XDP_PASS;
    }
    struct udphdr *udp = take(&cursor, sizeof(*udp));

    if (!udp || udp->dest != bpf_htons(STUN_PORT))
        return XDP_PASS;
    struct stun *stun = take(&cursor, sizeof(*stun));

    if (!stun || stun->cookie != bpf_htonl(COOKIE) || stun->type != bpf_htons(BINDING_REQUEST)) {
        count(2);
        return XDP_DROP;
    }
    request.port = udp->source;
    __builtin_memcpy(request.transaction, stun->transaction, sizeof(request.transaction));
    int unknown = first_unknown(cursor, bpf_ntohs(stun->length));

    if (unknown < 0) {
        count(2);
        return XDP_DROP;
    }
    request.error = unknown;
    count(unknown ? 1 : 0);
    if (request.is_ipv6)
        return answer(ctx, &request, sizeof(struct ethhdr) + sizeof(struct ipv6hdr), sizeof(*stun) + (unknown ? 8 : 24));
    return answer(ctx, &request, sizeof(struct ethhdr) + sizeof(struct iphdr), sizeof(*stun) + (unknown ? 8 : 12));
}

char _license[] SEC("license") = "GPL";
