/*
 * Lets TLS pass by the server name that a ClientHello asks for: walks record, handshake, session, cipher suites,
 * compression methods and extensions, hashes the name and looks it up; "*" rules hold for whole domains. Connections
 * without a name, and what is no TLS on the port, have rules of their own.
 */
#include "packet.h"

#define TLS_PORT 443
#define MAX_NAME 48
#define MAX_EXTENSIONS 16

enum outcome {
    NOT_TLS,
    NO_NAME,
    UNKNOWN,
    ALLOWED,
    BLOCKED,
    BROKEN,
    OUTCOMES,
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u64);
    __type(value, __u32); /* ALLOWED or BLOCKED */
    __uint(max_entries, 1024);
} servers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, OUTCOMES);
} outcomes SEC(".maps");

volatile const __u32 strict = 0;

/* Not on the stack, where the verifier would follow every way to either. */
struct hashes {
    volatile __u64 name;
    volatile __u64 domain;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct hashes);
    __uint(max_entries, 1);
} scratch SEC(".maps");

#define FNV_BASIS 14695981039346656037ull
#define FNV_PRIME 1099511628211ull

/* A place in the packet: any below a bound, so that the verifier need not tell one from the other. */
struct place {
    void *start;
    void *end;
    __u32 offset;
};

#define OFFSETS 0x7ff

/* The next `size` bytes. */
static __always_inline __u8 *next(struct place *place, __u32 size) {
    void *at = place->start + place->offset;

    if (at + size > place->end)
        return 0;
    place->offset = (place->offset + size) & OFFSETS;
    return at;
}

static __always_inline void skip(struct place *place, __u32 count) {
    place->offset = (place->offset + count) & OFFSETS;
}

static __always_inline __u32 read16(const __u8 *at) {
    return at[0] << 8 | at[1];
}

/* The whole name's rule, or that of the domain behind its first dot. */
static __always_inline __u32 judge(struct place *place, __u32 length) {
    __u32 zero = 0;
    struct hashes *hashes = bpf_map_lookup_elem(&scratch, &zero);

    if (!hashes)
        return UNKNOWN;
    hashes->name = FNV_BASIS;
    hashes->domain = 0;
    for (__u32 i = 0; i < MAX_NAME; ++i) {
        if (i >= length)
            break;
        __u8 *byte = next(place, 1);

        if (!byte)
            return BROKEN;
        hashes->name = (hashes->name ^ *byte) * FNV_PRIME;
        if (hashes->domain)
            hashes->domain = (hashes->domain ^ *byte) * FNV_PRIME;
        else if (*byte == '.')
            hashes->domain = (FNV_BASIS ^ '*') * FNV_PRIME;
    }
    __u64 hash = hashes->name;
    __u32 *rule = bpf_map_lookup_elem(&servers, &hash);

    if (!rule) {
        hash = hashes->domain;
        rule = bpf_map_lookup_elem(&servers, &hash);
    }
    return rule ? *rule : UNKNOWN;
}

static __always_inline __u32 inspect(struct place *place) {
    __u8 *start = next(place, 43); /* record, handshake, version, random */
    __u8 *length;

    if (!start || start[0] != 22 || start[1] != 3 || start[5] != 1)
        return NOT_TLS;
    length = next(place, 1); /* session */
    if (!length || *length > 32)
        return BROKEN;
    skip(place, *length);
    length = next(place, 2); /* cipher suites */
    if (!length)
        return BROKEN;
    skip(place, read16(length));
    length = next(place, 1); /* compression */
    if (!length)
        return BROKEN;
    skip(place, *length);
    if (!next(place, 2))
        return NO_NAME;
    for (int i = 0; i < MAX_EXTENSIONS; ++i) {
        __u8 *extension = next(place, 4);

        if (!extension)
            return NO_NAME;
        if (read16(extension) == 0)
            goto found;
        skip(place, read16(extension + 2));
    }
    return NO_NAME;
found:
    start = next(place, 5);
    return start && start[2] == 0 ? judge(place, read16(start + 3)) : BROKEN;
}

SEC("xdp")
int sni(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || ip->protocol != IPPROTO_TCP || ip->ihl != 5)
        return XDP_PASS;
    struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

    if (!tcp || tcp->dest != bpf_htons(TLS_PORT) || tcp->doff < 5)
        return XDP_PASS;
    struct place place = {.start = cursor.at, .end = cursor.end, .offset = (tcp->doff - 5) * 4 & OFFSETS};

    if (place.start + place.offset == place.end)
        return XDP_PASS;
    __u32 outcome = inspect(&place);
    __u64 *count = bpf_map_lookup_elem(&outcomes, &outcome);

    if (count)
        __sync_fetch_and_add(count, 1);
    if (outcome == BLOCKED || outcome == BROKEN)
        return XDP_DROP;
    return strict && outcome != ALLOWED ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
