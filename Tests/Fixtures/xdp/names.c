/*
 * Lets packets pass by the name that they ask for: the question of a DNS query, or the server name of a TLS
 * ClientHello. Names of variable length are copied to scratch memory byte by byte, in lower case, and looked up whole
 * and by their suffixes.
 *
 * `dns_filter` is a bounded loop, `dns_filter_unrolled` the same unrolled, `dns_filter_callback` uses bpf_loop;
 * `tls_filter` walks the extensions in subprograms; `names_dispatch` goes on by tail calls to `names_dns` and
 * `names_tls`.
 */
#include "include/jhash.h"
#include "include/packet.h"

#define NAME_MAX_BYTES 255
#define SHORT_NAME 96
#define MAX_LABELS 16
#define DNS_PORT 53
#define TLS_PORT 443
#define MAX_EXTENSIONS 24

struct name {
    __u32 bits; /* of an LPM trie's key */
    __u8 bytes[SHORT_NAME];
};

struct verdict {
    __u32 action;
    __u32 list;
};

struct scratch {
    __u8 bytes[256];
    struct name name;
    __u32 length;
    __u32 left;   /* bytes of the label; not on the stack, where the verifier would count them */
    __u32 offset; /* of what the next program of a tail call begins with */
    __u16 labels[MAX_LABELS]; /* where they begin */
    __u32 label_count;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct scratch);
    __uint(max_entries, 1);
} scratches SEC(".maps");

/* Names from their end, so that a prefix of the key is a domain. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct name);
    __type(value, struct verdict);
    __uint(max_entries, 10000);
} domains SEC(".maps");

/* Whole names by their hash. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, struct verdict);
    __uint(max_entries, 65536);
} names SEC(".maps");

enum stage {
    STAGE_DNS,
    STAGE_TLS,
    STAGES,
};

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
    __uint(max_entries, STAGES);
} stages SEC(".maps");

struct dns_header {
    __be16 id;
    __be16 flags;
    __be16 questions;
    __be16 answers;
    __be16 authorities;
    __be16 additional;
};

struct tls_hello {
    __u8 record_type;
    __be16 record_version;
    __be16 record_length;
    __u8 type;
    __u8 length[3];
    __be16 version;
    __u8 random[32];
} __attribute__((packed));

/* A place in the packet. The compiler must not see that the offset may be known better than the mask says. */
static __always_inline void *place(struct xdp_md *ctx, __u64 offset) {
    opaque(offset);
    return (void *)(long)ctx->data + (offset & 0x3fff);
}

static __always_inline struct scratch *scratch(void) {
    __u32 zero = 0;

    return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline __u8 lower(__u8 c) {
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* The headers up to UDP or TCP; the result is the IP protocol, 0 where there is nothing to look at. */
static __always_inline int parse_headers(struct cursor *cursor) {
    struct ethhdr *eth = take(cursor, sizeof(*eth));

    if (!eth)
        return 0;
    __be16 protocol = skip_tags(cursor, eth->h_proto);

    if (protocol == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(cursor, sizeof(*ip));

        if (!ip || ip->ihl != 5 || ip->frag_off & bpf_htons(IP_OFFSET))
            return 0;
        return ip->protocol;
    }
    if (protocol == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(cursor, sizeof(*ip));

        return ip ? ip->nexthdr : 0;
    }
    return 0;
}

/* The name turned round, for the trie; up to SHORT_NAME bytes from its end. Global: Linux verifies it by itself. */
__noinline int reverse(struct scratch *scratch) {
    if (!scratch)
        return 0;
    __u32 length = scratch->length;

    for (__u32 i = 0; i < SHORT_NAME; ++i) {
        if (i >= length)
            break;
        __u32 from = length - 1 - i;

        opaque(from);
        scratch->name.bytes[i] = scratch->bytes[from & 255];
    }
    scratch->name.bits = min(length, SHORT_NAME) * 8;
    return 1;
}

static __always_inline __u32 hash_name(const struct scratch *scratch) {
    __u32 hash = 2166136261;

#pragma clang loop unroll(disable)
    for (__u32 i = 0; i < NAME_MAX_BYTES; ++i) {
        if (i >= scratch->length)
            break;
        hash = (hash ^ scratch->bytes[i]) * 16777619;
    }
    return hash;
}

static __always_inline int decide(struct scratch *scratch) {
    /* From here on the length is one that was read, the same for the verifier whatever loop found it. */
    asm volatile("" ::: "memory");
    __u32 hash = hash_name(scratch);
    struct verdict *verdict = bpf_map_lookup_elem(&names, &hash);

    if (!verdict) {
        reverse(scratch);
        verdict = bpf_map_lookup_elem(&domains, &scratch->name);
    }
    if (!verdict)
        return XDP_PASS;
    return verdict->action <= XDP_TX ? verdict->action : XDP_ABORTED;
}

/* Copies a byte of a question's name; 0 at its end, -1 where it is not one. */
#define copy_byte(scratch, at, end, i)                                                                                \
    ({                                                                                                                \
        int more = 1;                                                                                                 \
                                                                                                                      \
        if ((void *)(at + 1) > end) {                                                                                 \
            more = -1;                                                                                                \
        } else {                                                                                                      \
            __u8 byte = *at;                                                                                          \
                                                                                                                      \
            if (scratch->left == 0) {                                                                                 \
                scratch->left = byte;                                                                                 \
                more = byte == 0 ? 0 : byte < 64 ? 1 : -1;                                                            \
                scratch->bytes[i] = '.';                                                                              \
            } else {                                                                                                  \
                --scratch->left;                                                                                      \
                scratch->bytes[i] = lower(byte);                                                                      \
            }                                                                                                         \
        }                                                                                                             \
        more;                                                                                                         \
    })

static __always_inline struct dns_header *dns_query(struct cursor *cursor) {
    if (parse_headers(cursor) != IPPROTO_UDP)
        return 0;
    struct udphdr *udp = take(cursor, sizeof(*udp));

    if (!udp || udp->dest != bpf_htons(DNS_PORT))
        return 0;
    struct dns_header *dns = take(cursor, sizeof(*dns));

    if (!dns || dns->flags & bpf_htons(0xf800) || dns->questions != bpf_htons(1))
        return 0;
    return dns;
}

SEC("xdp")
int dns_filter(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct scratch *s = scratch();

    if (!s || !dns_query(&cursor))
        return XDP_PASS;
    __u8 *at = cursor.at;
    __u32 i;
    int more = 1;

    s->left = 0;

#pragma clang loop unroll(disable)
    for (i = 0; i < NAME_MAX_BYTES; ++i) {
        more = copy_byte(s, at, cursor.end, i);
        if (more <= 0)
            break;
        ++at;
    }
    if (more)
        return XDP_DROP;
    s->length = i;
    return decide(s);
}

SEC("xdp")
int dns_filter_unrolled(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct scratch *s = scratch();

    if (!s || !dns_query(&cursor))
        return XDP_PASS;
    __u8 *at = cursor.at;
    __u32 length = 0;
    int more = 1;

    s->left = 0;

#pragma clang loop unroll(full)
    for (__u32 i = 0; i < NAME_MAX_BYTES; ++i) {
        more = copy_byte(s, at, cursor.end, i);
        if (more <= 0)
            break;
        ++at;
        ++length;
    }
    if (more)
        return XDP_DROP;
    s->length = length;
    return decide(s);
}

/* What the callback of a loop works on. */
struct copying {
    struct xdp_md *ctx;
    struct scratch *scratch;
    __u32 start;
    __u32 length;
    int more;
};

static long copy_step(__u64 index, struct copying *copying) {
    struct xdp_md *ctx = copying->ctx;
    struct scratch *scratch = copying->scratch;
    void *end = (void *)(long)ctx->data_end;
    __u8 *at = place(ctx, copying->start + index);

    copying->more = copy_byte(scratch, at, end, (index & 255));
    if (copying->more <= 0)
        return 1;
    copying->length = index + 1;
    return 0;
}

SEC("xdp")
int dns_filter_callback(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct scratch *s = scratch();

    if (!s || !dns_query(&cursor))
        return XDP_PASS;
    struct copying copying = {
        .ctx = ctx,
        .scratch = s,
        .start = cursor.at - (void *)(long)ctx->data,
        .more = -1,
    };

    s->left = 0;
    bpf_loop(NAME_MAX_BYTES, copy_step, &copying, 0);
    if (copying.more)
        return XDP_DROP;
    s->length = copying.length;
    return decide(s);
}

/* A length in the packet at `offset`, and the offset behind what it is the length of; 0 where the packet ends. */
static __noinline __u32 skip_vector(struct xdp_md *ctx, __u32 offset, __u32 bytes) {
    __u8 *at = place(ctx, offset);
    void *end = (void *)(long)ctx->data_end;

    if ((void *)(at + 2) > end)
        return 0;
    return bytes == 1 ? offset + 1 + at[0] : offset + 2 + (at[0] << 8 | at[1]);
}

/* Copies the server name at `offset`; the result is its length. */
static __noinline int copy_server_name(struct xdp_md *ctx, __u32 offset) {
    struct scratch *s = scratch();

    if (!s)
        return 0;
    struct {
        __be16 list_length;
        __u8 type;
        __be16 length;
    } __attribute__((packed)) *entry = place(ctx, offset);
    void *end = (void *)(long)ctx->data_end;

    if ((void *)(entry + 1) > end || entry->type != 0)
        return 0;
    __u32 length = bpf_ntohs(entry->length);
    __u8 *name = (void *)(entry + 1);

    if (length > NAME_MAX_BYTES)
        return 0;
    for (__u32 i = 0; i < NAME_MAX_BYTES; ++i) {
        if (i >= length)
            break;
        if ((void *)(name + i + 1) > end)
            return 0;
        s->bytes[i] = lower(name[i]);
    }
    s->length = length;
    return length;
}

/* Looks through the extensions for the server name. */
static __noinline int find_server_name(struct xdp_md *ctx, __u32 offset) {
    for (int i = 0; i < MAX_EXTENSIONS; ++i) {
        __be16 *extension = place(ctx, offset);

        if ((void *)(extension + 2) > (void *)(long)ctx->data_end)
            return 0;
        if (extension[0] == 0)
            return copy_server_name(ctx, offset + 4);
        offset += 4 + bpf_ntohs(extension[1]);
    }
    return 0;
}

static __always_inline int filter_hello(struct xdp_md *ctx, __u32 offset) {
    struct tls_hello *hello = place(ctx, offset);

    if ((void *)(hello + 1) > (void *)(long)ctx->data_end)
        return XDP_PASS;
    if (hello->record_type != 22 || hello->type != 1)
        return XDP_PASS;
    /* Session id, cipher suites, compression methods; then the extensions, behind their length. */
    offset = skip_vector(ctx, offset + sizeof(*hello), 1);
    if (offset)
        offset = skip_vector(ctx, offset, 2);
    if (offset)
        offset = skip_vector(ctx, offset, 1);
    if (!offset)
        return XDP_PASS;
    struct scratch *s = scratch();

    if (!s || find_server_name(ctx, offset + 2) <= 0)
        return XDP_PASS;
    return decide(s);
}

static __always_inline __u32 tls_payload(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);

    if (parse_headers(&cursor) != IPPROTO_TCP)
        return 0;
    struct tcphdr *tcp = take(&cursor, sizeof(*tcp));

    if (!tcp || tcp->dest != bpf_htons(TLS_PORT) || tcp->syn || tcp->doff < 5)
        return 0;
    return (void *)tcp - (void *)(long)ctx->data + tcp->doff * 4;
}

SEC("xdp")
int tls_filter(struct xdp_md *ctx) {
    __u32 offset = tls_payload(ctx);

    return offset ? filter_hello(ctx, offset) : XDP_PASS;
}

SEC("xdp")
int names_dispatch(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct scratch *s = scratch();

    if (!s)
        return XDP_ABORTED;
    switch (parse_headers(&cursor)) {
    case IPPROTO_UDP:
        s->offset = cursor.at - (void *)(long)ctx->data;
        bpf_tail_call(ctx, &stages, STAGE_DNS);
        break;
    case IPPROTO_TCP: {
        __u32 offset = tls_payload(ctx);

        if (!offset)
            return XDP_PASS;
        s->offset = offset;
        bpf_tail_call(ctx, &stages, STAGE_TLS);
        break;
    }
    default:
        return XDP_PASS;
    }
    /* No such program. */
    return XDP_PASS;
}

SEC("xdp")
int names_tls(struct xdp_md *ctx) {
    struct scratch *s = scratch();

    return s ? filter_hello(ctx, s->offset) : XDP_ABORTED;
}

/* Copies the label that begins at the scratch's offset, and a dot; 0 behind the last, -1 where there is none. */
static __noinline int copy_label(struct xdp_md *ctx, struct scratch *s) {
    if (!s)
        return -1;
    __u8 *at = place(ctx, s->offset);
    void *end = (void *)(long)ctx->data_end;
    __u32 length = s->length;

    if ((void *)(at + 1) > end)
        return -1;
    __u32 size = *at++;

    if (size == 0)
        return 0;
    if (size > 63 || length > NAME_MAX_BYTES - 64)
        return -1;
    for (__u32 i = 0; i < 63; ++i) {
        if (i >= size)
            break;
        if ((void *)(at + 1) > end)
            return -1;
        __u32 to = length + i;

        opaque(to);
        s->bytes[to & 255] = lower(*at++);
    }
    length += size;
    opaque(length);
    s->bytes[length & 255] = '.';
    s->length = length + 1;
    s->offset += size + 1;
    return 1;
}

SEC("xdp")
int names_dns(struct xdp_md *ctx) {
    struct scratch *s = scratch();

    if (!s)
        return XDP_ABORTED;
    struct {
        struct udphdr udp;
        struct dns_header dns;
    } *query = place(ctx, s->offset);

    if ((void *)(query + 1) > (void *)(long)ctx->data_end)
        return XDP_PASS;
    if (query->udp.dest != bpf_htons(DNS_PORT) || query->dns.questions != bpf_htons(1))
        return XDP_PASS;
    s->offset += sizeof(*query);
    s->length = 0;
    s->label_count = 0;
    for (int label = 0; label < MAX_LABELS; ++label) {
        s->labels[label] = s->length;
        int more = copy_label(ctx, s);

        if (more < 0)
            return XDP_DROP;
        if (more == 0)
            break;
        s->label_count = label + 1;
    }
    return decide(s);
}

char _license[] SEC("license") = "GPL";
