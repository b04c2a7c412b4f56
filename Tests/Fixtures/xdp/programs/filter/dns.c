/*
 * A DNS filter: reads the question of each query, label by label, hashes the name in lower case from its end, and drops
 * queries for names on a list or below one of them. Queries that are malformed are dropped, answers pass.
 */
#include "packet.h"

#define DNS_PORT 53
#define MAX_NAME 40
#define MAX_LABELS 8
#define QUERY_MASK 0x8000

struct dns_header {
    __be16 id;
    __be16 flags;
    __be16 questions;
    __be16 answers;
    __be16 authorities;
    __be16 additional;
};

struct decision {
    __u32 blocks;
    __u32 asked;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u64);
    __type(value, struct decision);
    __uint(max_entries, 4096);
} names SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __type(key, __u16);
    __type(value, __u64);
    __uint(max_entries, 64);
} question_types SEC(".maps");

/* Not on the stack, where the verifier would follow every length that a label may have. */
struct question {
    __u64 hashes[MAX_LABELS]; /* of each label */
    volatile __u64 hash;
    volatile __u32 left; /* bytes of the label */
    volatile __u32 labels;
    __u16 type;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct question);
    __uint(max_entries, 1);
} scratch SEC(".maps");

static __always_inline __u8 lower(__u8 c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Reads the name at the cursor; negative if it is none. */
static __always_inline int read_question(struct cursor *cursor, struct question *question) {
    question->hash = 5381;
    question->left = 0;
    question->labels = 0;
    for (int i = 0; i < MAX_NAME; ++i) {
        __u8 *byte = take(cursor, 1);

        if (!byte)
            return -1;
        if (question->left) {
            question->hash = question->hash * 33 + lower(*byte);
            question->left -= 1;
            if (!question->left) {
                question->hashes[question->labels % MAX_LABELS] = question->hash;
                question->labels += 1;
                question->hash = 5381;
            }
            continue;
        }
        if (!*byte) {
            __be16 *type = take(cursor, 4);

            if (!type)
                return -1;
            question->type = bpf_ntohs(*type);
            return 0;
        }
        if (*byte > 63 || question->labels == MAX_LABELS)
            return -1;
        question->left = *byte;
    }
    return -1;
}

static __always_inline void count_type(__u16 type) {
    __u64 one = 1;
    __u64 *count = bpf_map_lookup_elem(&question_types, &type);

    if (count)
        *count += 1;
    else
        bpf_map_update_elem(&question_types, &type, &one, BPF_ANY);
}

/* Whether the name or one that it is below of is on the list. */
static __noinline int is_blocked(struct question *question) {
    __u64 suffix = 0;

    if (!question)
        return 0;
    for (int i = MAX_LABELS - 1; i >= 0; --i) {
        if (i >= question->labels)
            continue;
        suffix = suffix * 31 + question->hashes[i];
        struct decision *decision = bpf_map_lookup_elem(&names, &suffix);

        if (decision) {
            __sync_fetch_and_add(&decision->asked, 1);
            if (decision->blocks)
                return 1;
        }
    }
    return 0;
}

SEC("xdp")
int dns_filter(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    __u32 zero = 0;
    struct question *question = bpf_map_lookup_elem(&scratch, &zero);
    __u8 protocol;

    if (!eth || !question)
        return XDP_PASS;
    if (eth->h_proto == bpf_htons(ETH_P_IP)) {
        struct iphdr *ip = take(&cursor, sizeof(*ip));

        if (!ip || ip->ihl != 5)
            return XDP_PASS;
        protocol = ip->protocol;
    } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
        struct ipv6hdr *ip = take(&cursor, sizeof(*ip));

        if (!ip)
            return XDP_PASS;
        protocol = ip->nexthdr;
    } else {
        return XDP_PASS;
    }
    struct udphdr *udp = protocol == IPPROTO_UDP ? take(&cursor, sizeof(*udp)) : 0;

    if (!udp || udp->dest != bpf_htons(DNS_PORT))
        return XDP_PASS;
    struct dns_header *dns = take(&cursor, sizeof(*dns));

    if (!dns)
        return XDP_DROP;
    if (dns->flags & bpf_htons(QUERY_MASK))
        return XDP_PASS;
    if (dns->questions != bpf_htons(1) || read_question(&cursor, question) < 0)
        return XDP_DROP;
    count_type(question->type);
    return is_blocked(question) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
