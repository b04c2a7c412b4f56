/*
 * Answers TCP SYNs to protected ports with SYN cookies, without a word to the host, and lets only those ACKs through to
 * it that bring a cookie back.
 *
 * `syn_cookies` makes its own cookies (SipHash, a secret that user space renews) and sums checksums by hand.
 * `syn_cookies_kernel` leaves the cookies to the kernel, so that the host's stack takes the connection, and reads the
 * options from a copy on the stack.
 */
#include "include/packet.h"
#include "include/siphash.h"
#include "syn_cookies/options.h"

#define MINUTE_NS 60000000000ULL

struct cookie_keys {
    __u64 key[2];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be16);
    __type(value, __u32); /* MSS that the host offers */
    __uint(max_entries, 1024);
} protected_ports SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct cookie_keys);
    __uint(max_entries, 1);
} keys SEC(".maps");

enum outcome {
    ANSWERED,
    ACCEPTED,
    REFUSED,
    MALFORMED,
    OUTCOMES,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, OUTCOMES);
} outcomes SEC(".maps");

/* Not on the stack, where the verifier would follow every combination of options. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct options);
    __uint(max_entries, 1);
} scratch SEC(".maps");

/* What 3 bits of a cookie stand for. */
static const __u16 segment_sizes[8] = {536, 1220, 1300, 1360, 1400, 1440, 1452, 1460};

static __always_inline int finish(__u32 outcome, int action) {
    __u64 *counter = bpf_map_lookup_elem(&outcomes, &outcome);

    if (counter)
        ++*counter;
    return action;
}

static __always_inline __u64 hash_v4(const struct iphdr *ip, const struct tcphdr *tcp, __u64 minute,
                                     const struct cookie_keys *keys) {
    __u64 words[3] = {
        (__u64)ip->saddr << 32 | ip->daddr,
        (__u64)tcp->source << 48 | (__u64)tcp->dest << 32,
        minute,
    };

    return siphash(words, 3, keys->key);
}

static __always_inline __u64 hash_v6(const struct ipv6hdr *ip, const struct tcphdr *tcp, __u64 minute,
                                     const struct cookie_keys *keys) {
    __u64 words[6];

    __builtin_memcpy(words, &ip->saddr, 32);
    words[4] = (__u64)tcp->source << 48 | (__u64)tcp->dest << 32;
    words[5] = minute;
    return siphash(words, 6, keys->key);
}

/* 5 bits of the minute, 3 of the segment size, 24 of the hash. */
static __always_inline __u32 cookie_of(__u64 hash, __u32 minute, __u32 size, __u32 sequence) {
    return (((minute & 31) << 27) | ((size & 7) << 24) | (hash & 0xffffff)) + sequence;
}

static __always_inline __u32 size_index(__u16 mss) {
    __u32 index = 0;

#pragma unroll
    for (int i = 1; i < 8; ++i) {
        if (segment_sizes[i] <= mss)
            index = i;
    }
    return index;
}

/* Checksum of a TCP header with reply options; `length` is its size, a constant. */
static __always_inline __u16 sum_tcp(const void *tcp, int length, __u64 pseudo) {
    const __u16 *words = tcp;

#pragma unroll
    for (int i = 0; i < 20; ++i) {
        if (i < length / 2)
            pseudo += words[i];
    }
    return fold(pseudo);
}

static __always_inline __u64 pseudo_v4(const struct iphdr *ip, __u32 length) {
    return (__u64)ip->saddr + ip->daddr + bpf_htons(IPPROTO_TCP) + bpf_htons(length);
}

static __always_inline __u64 pseudo_v6(const struct ipv6hdr *ip, __u32 length) {
    __u64 sum = bpf_htons(IPPROTO_TCP) + bpf_htons(length);

#pragma unroll
    for (int i = 0; i < 4; ++i)
        sum += (__u64)ip->saddr.s6_addr32[i] + ip->daddr.s6_addr32[i];
    return sum;
}

#define REPLY_SIZE ((int)(sizeof(struct tcphdr) + sizeof(struct reply_options)))

/* Makes the SYN at `tcp` its SYN-ACK, but for the checksum. */
static __always_inline void turn_round(struct tcphdr *tcp, __u32 cookie) {
    __be16 port = tcp->source;

    tcp->source = tcp->dest;
    tcp->dest = port;
    tcp->ack_seq = bpf_htonl(bpf_ntohl(tcp->seq) + 1);
    tcp->seq = bpf_htonl(cookie);
    tcp->ack = 1;
    tcp->doff = REPLY_SIZE / 4;
    tcp->window = bpf_htons(65535);
    tcp->urg_ptr = 0;
    tcp->check = 0;
}

/* Brings the packet to the size of a reply; the IP header begins at `offset`. */
static __always_inline int resize(struct xdp_md *ctx, __u32 wanted) {
    __u32 have = ctx->data_end - ctx->data;

    return bpf_xdp_adjust_tail(ctx, (int)(wanted - have));
}

static __always_inline int reply_v4(struct xdp_md *ctx, const struct options *options, __u32 cookie, __u16 mss) {
    if (resize(ctx, sizeof(struct ethhdr) + sizeof(struct iphdr) + REPLY_SIZE))
        return finish(MALFORMED, XDP_DROP);
    struct cursor cursor = packet_of(ctx);
    struct {
        struct ethhdr eth;
        struct iphdr ip;
        struct tcphdr tcp;
        struct reply_options options;
    } __attribute__((packed)) *packet = take(&cursor, sizeof(*packet));

    if (!packet)
        return finish(MALFORMED, XDP_DROP);
    struct ethhdr *eth = &packet->eth;
    struct iphdr *ip = (void *)&packet->ip;
    struct tcphdr *tcp = (void *)&packet->tcp;
    struct reply_options *reply = (void *)&packet->options;
    __be32 source = ip->saddr;

    swap_addresses(eth);
    ip->saddr = ip->daddr;
    ip->daddr = source;
    ip->ttl = 64;
    ip->tos = 0;
    ip->id = 0;
    ip->frag_off = bpf_htons(0x4000);
    ip->tot_len = bpf_htons(sizeof(*ip) + REPLY_SIZE);
    ip->check = 0;
    ip->check = header_checksum(ip);
    turn_round(tcp, cookie);
    write_options(reply, options, mss, bpf_ktime_get_ns());
    tcp->check = sum_tcp(tcp, REPLY_SIZE, pseudo_v4(ip, REPLY_SIZE));
    return finish(ANSWERED, XDP_TX);
}

static __always_inline int reply_v6(struct xdp_md *ctx, const struct options *options, __u32 cookie, __u16 mss) {
    if (resize(ctx, sizeof(struct ethhdr) + sizeof(struct ipv6hdr) + REPLY_SIZE))
        return finish(MALFORMED, XDP_DROP);
    struct cursor cursor = packet_of(ctx);
    struct {
        struct ethhdr eth;
        struct ipv6hdr ip;
        struct tcphdr tcp;
        struct reply_options options;
    } __attribute__((packed)) *packet = take(&cursor, sizeof(*packet));

    if (!packet)
        return finish(MALFORMED, XDP_DROP);
    struct ethhdr *eth = &packet->eth;
    struct ipv6hdr *ip = (void *)&packet->ip;
    struct tcphdr *tcp = (void *)&packet->tcp;
    struct reply_options *reply = (void *)&packet->options;
    struct in6_addr source = ip->saddr;

    swap_addresses(eth);
    ip->saddr = ip->daddr;
    ip->daddr = source;
    ip->hop_limit = 64;
    ip->payload_len = bpf_htons(REPLY_SIZE);
    turn_round(tcp, cookie);
    write_options(reply, options, mss, bpf_ktime_get_ns());
    tcp->check = sum_tcp(tcp, REPLY_SIZE, pseudo_v6(ip, REPLY_SIZE));
    return finish(ANSWERED, XDP_TX);
}

static __always_inline int handle_v4(struct xdp_md *ctx, struct iphdr *ip, struct tcphdr *tcp, void *data_end,
                                     __u16 mss) {
    __u32 zero = 0;
    struct cookie_keys *key = bpf_map_lookup_elem(&keys, &zero);

    if (!key)
        return XDP_ABORTED;
    __u64 minute = bpf_ktime_get_ns() / MINUTE_NS;
    __u32 sequence = bpf_ntohl(tcp->seq);

    if (tcp->syn) {
        struct options *options = bpf_map_lookup_elem(&scratch, &zero);

        if (!options || !parse_options(tcp, data_end, options))
            return finish(MALFORMED, XDP_DROP);
        __u32 size = size_index(min(mss, options->mss));

        return reply_v4(ctx, options, cookie_of(hash_v4(ip, tcp, minute, key), minute, size, sequence), mss);
    }
    __u32 cookie = bpf_ntohl(tcp->ack_seq) - 1 - (sequence - 1);

#pragma unroll
    for (int age = 0; age < 2; ++age) {
        if (((minute - age) & 31) == cookie >> 27
            && (hash_v4(ip, tcp, minute - age, key) & 0xffffff) == (cookie & 0xffffff))
            return finish(ACCEPTED, XDP_PASS);
    }
    return finish(REFUSED, XDP_DROP);
}

static __always_inline int handle_v6(struct xdp_md *ctx, struct ipv6hdr *ip, struct tcphdr *tcp, void *data_end,
                                     __u16 mss) {
    __u32 zero = 0;
    struct cookie_keys *key = bpf_map_lookup_elem(&keys, &zero);

    if (!key)
        return XDP_ABORTED;
    __u64 minute = bpf_ktime_get_ns() / MINUTE_NS;
    __u32 sequence = bpf_ntohl(tcp->seq);

    if (tcp->syn) {
        struct options *options = bpf_map_lookup_elem(&scratch, &zero);

        if (!options || !parse_options(tcp, data_end, options))
            return finish(MALFORMED, XDP_DROP);
        __u32 size = size_index(min(mss, options->mss));

        return reply_v6(ctx, options, cookie_of(hash_v6(ip, tcp, minute, key), minute, size, sequence), mss);
    }
    __u32 cookie = bpf_ntohl(tcp->ack_seq) - 1 - (sequence - 1);

#pragma unroll
    for (int age = 0; age < 2; ++age) {
        if (((minute - age) & 31) == cookie >> 27
            && (hash_v6(ip, tcp, minute - age, key) & 0xffffff) == (cookie & 0xffffff))
            return finish(ACCEPTED, XDP_PASS);
    }
    return finish(REFUSED, XDP_DROP);
}

/* Whether the port is protected and the segment is one that has to do with a new connection. */
static __always_inline __u32 *concerns(const struct tcphdr *tcp) {
    __be16 port = tcp->dest;

    if (tcp->rst || tcp->fin || tcp->doff < 5 || tcp->syn == tcp->ack)
        return 0;
    return bpf_map_lookup_elem(&protected_ports, &port);
}

SEC("xdp")
int syn_cookies(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
            return XDP_PASS;
        struct tcphdr *tcp = take(&cursor, sizeof(*tcp));
        __u32 *mss = tcp ? concerns(tcp) : 0;

        return mss ? handle_v4(ctx, ip, tcp, cursor.end, *mss) : XDP_PASS;
    }
    if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->nexthdr != IPPROTO_TCP)
            return XDP_PASS;
        struct tcphdr *tcp = take(&cursor, sizeof(*tcp));
        __u32 *mss = tcp ? concerns(tcp) : 0;

        return mss ? handle_v6(ctx, ip, tcp, cursor.end, *mss) : XDP_PASS;
    }
    return XDP_PASS;
}

/* Bytes of the TCP header with its options, which the packet has. */
static __always_inline __u32 header_size(struct tcphdr *tcp, void *data_end) {
    __u32 size = tcp->doff;

    opaque(size);
    size = (size & 0xf) * 4;
    if (size < sizeof(*tcp) || (void *)tcp + size > data_end)
        return 0;
    return size;
}

/* Makes the packet so long that its TCP header could be the longest. */
static __always_inline int make_room(struct xdp_md *ctx, __u32 ip_size) {
    __u32 have = ctx->data_end - ctx->data;
    __u32 wanted = sizeof(struct ethhdr) + ip_size + MAX_TCP;

    return have < wanted && bpf_xdp_adjust_tail(ctx, (int)(wanted - have));
}

SEC("xdp")
int syn_cookies_kernel(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __u32 zero = 0;
    struct options *options = bpf_map_lookup_elem(&scratch, &zero);

    if (!eth || !options)
        return XDP_DROP;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
            return XDP_PASS;
        struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

        if (!tcp || !concerns(tcp))
            return XDP_PASS;
        /* A checksum that is wrong earns no answer: it covers the header alone, as a SYN has no data. */
        __u32 size = header_size(tcp, cursor.end);

        if (!size)
            return finish(MALFORMED, XDP_DROP);
        if (!tcp->syn) {
            if (bpf_tcp_raw_check_syncookie_ipv4(ip, tcp))
                return finish(REFUSED, XDP_DROP);
            return finish(ACCEPTED, XDP_PASS);
        }
        /* The packet may move, and grows: everything is found anew. */
        if (make_room(ctx, sizeof(*ip)))
            return finish(MALFORMED, XDP_DROP);
        cursor = packet_of(ctx);
        eth = take(&cursor, sizeof(*eth) + sizeof(*ip) + MAX_TCP);
        if (!eth)
            return finish(MALFORMED, XDP_DROP);
        ip = (void *)(eth + 1);
        tcp = (void *)(ip + 1);
        __s64 sum = bpf_csum_diff(0, 0, (void *)tcp, size, 0);

        if (sum < 0 || fold(sum + pseudo_v4(ip, size)))
            return finish(MALFORMED, XDP_DROP);
        __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv4(ip, tcp, size);

        if (cookie < 0)
            return finish(MALFORMED, XDP_DROP);
        if (!parse_copied_options(ctx, (void *)(tcp + 1) - (void *)eth, size - sizeof(*tcp), options))
            return finish(MALFORMED, XDP_DROP);
        return reply_v4(ctx, options, cookie, cookie >> 32);
    }
    if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->nexthdr != IPPROTO_TCP)
            return XDP_PASS;
        struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

        if (!tcp || !concerns(tcp))
            return XDP_PASS;
        __u32 size = header_size(tcp, cursor.end);

        if (!size)
            return finish(MALFORMED, XDP_DROP);
        if (!tcp->syn) {
            if (bpf_tcp_raw_check_syncookie_ipv6(ip, tcp))
                return finish(REFUSED, XDP_DROP);
            return finish(ACCEPTED, XDP_PASS);
        }
        /* The packet may move, and grows: everything is found anew. */
        if (make_room(ctx, sizeof(*ip)))
            return finish(MALFORMED, XDP_DROP);
        cursor = packet_of(ctx);
        eth = take(&cursor, sizeof(*eth) + sizeof(*ip) + MAX_TCP);
        if (!eth)
            return finish(MALFORMED, XDP_DROP);
        ip = (void *)(eth + 1);
        tcp = (void *)(ip + 1);
        __s64 sum = bpf_csum_diff(0, 0, (void *)tcp, size, 0);

        if (sum < 0 || fold(sum + pseudo_v6(ip, size)))
            return finish(MALFORMED, XDP_DROP);
        __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv6(ip, tcp, size);

        if (cookie < 0)
            return finish(MALFORMED, XDP_DROP);
        if (!parse_copied_options(ctx, (void *)(tcp + 1) - (void *)eth, size - sizeof(*tcp), options))
            return finish(MALFORMED, XDP_DROP);
        return reply_v6(ctx, options, cookie, cookie >> 32);
    }
    return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
