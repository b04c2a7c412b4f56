/*
 * Looks at the first line of HTTP requests: counts methods, drops those that a table forbids, and requests for paths that
 * begin with a forbidden word. TRACE is answered by sending it back. Later packets of a connection begin with no method
 * and pass.
 */
#include "packet.h"

#define PATH_BYTES 16

struct path {
    __u32 bits;
    char text[PATH_BYTES];
};

enum method {
    NONE,
    GET,
    HEAD,
    POST,
    PUT,
    DELETE,
    TRACE,
    METHODS,
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64[2]); /* requests; whether it is forbidden */
    __uint(max_entries, METHODS);
} methods SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct path);
    __type(value, __u64);
    __uint(max_entries, 256);
} forbidden SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u16);
    __type(value, __u8);
    __uint(max_entries, 16);
} ports SEC(".maps");

static const struct {
    char text[8];
    __u32 length;
} names[METHODS] = {
    [GET] = {"GET ", 4},   [HEAD] = {"HEAD ", 5},     [POST] = {"POST ", 5},
    [PUT] = {"PUT ", 4},   [DELETE] = {"DELETE ", 7}, [TRACE] = {"TRACE ", 6},
};

static __noinline __u32 method_of(const char *text, __u32 *length) {
    if (!text || !length)
        return NONE;
    for (__u32 method = GET; method < METHODS; ++method) {
        __u32 matched = 1;

        for (__u32 i = 0; i < 8; ++i) {
            if (i < names[method].length && text[i] != names[method].text[i]) {
                matched = 0;
                break;
            }
        }
        if (matched) {
            *length = names[method].length;
            return method;
        }
    }
    return NONE;
}

SEC("xdp")
int http(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    char start[8] = {};
    struct path path = {.bits = 8 * PATH_BYTES};
    __u32 length = 0;

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
        return XDP_PASS;
    struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

    if (!tcp || tcp->doff < 5)
        return XDP_PASS;
    __u16 port = bpf_ntohs(tcp->dest);

    if (!bpf_map_lookup_elem(&ports, &port))
        return XDP_PASS;
    cursor.at += (tcp->doff - 5) * 4;
    struct cursor request = cursor;

    for (int i = 0; i < 8; ++i) {
        char *c = take(&cursor, 1);

        if (!c)
            return XDP_PASS;
        start[i] = *c;
    }
    __u32 method = method_of(start, &length);
    __u64(*seen)[2] = bpf_map_lookup_elem(&methods, &method);

    if (!seen)
        return XDP_PASS;
    __sync_fetch_and_add(&(*seen)[0], 1);
    if (method == NONE)
        return XDP_PASS;
    if ((*seen)[1])
        return XDP_DROP;
    if (method == TRACE) {
        swap_addresses(eth);
        return XDP_TX;
    }
    request.at += length & 7;
    for (int i = 0; i < PATH_BYTES; ++i) {
        char *c = take(&request, 1);

        if (!c || *c == ' ' || *c == '\r')
            break;
        path.text[i] = *c;
    }
    __u64 *hits = bpf_map_lookup_elem(&forbidden, &path);

    if (!hits)
        return XDP_PASS;
    __sync_fetch_and_add(hits, 1);
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
