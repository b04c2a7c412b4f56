/*
 * An XDP firewall for the port of the outside: lets in answers, and new connections to the ports that are open.
 *
 * Runs on Linux unmodified. Shows a list of networks that is looked up by longest prefix, rules that are changed while
 * traffic flows, and counters of what is dropped and why:
 *
 *     swale map update firewall.open '{"protocol": 6, "port": 80}' '{}'
 *     swale map update firewall.blocked '{"bits": 24, "address": [192, 0, 2, 0]}' 1
 *     swale map dump firewall.outcomes
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct service {
    __u16 protocol;
    __u16 port;
};

struct hits {
    __u64 packets;
    __u64 bytes;
};

/* New connections that may come in. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct service);
    __type(value, struct hits);
    __uint(max_entries, 1024);
} open SEC(".maps");

struct network {
    __u32 bits;
    __u8 address[4];
};

/* Networks from which nothing comes in. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __type(key, struct network);
    __type(value, __u64);
    __uint(max_entries, 4096);
    __uint(map_flags, BPF_F_NO_PREALLOC);
} blocked SEC(".maps");

enum outcome {
    NOT_IPV4,
    ANSWER,
    OPENED,
    PING,
    BLOCKED,
    CLOSED,
    FRAGMENT,
    CUT_SHORT,
    OUTCOMES,
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, enum outcome);
    __type(value, struct hits);
    __uint(max_entries, OUTCOMES);
} outcomes SEC(".maps");

static __always_inline int end(struct xdp_md *md, enum outcome outcome, int action) {
    struct hits *hits = bpf_map_lookup_elem(&outcomes, &outcome);

    if (hits) {
        hits->packets++;
        hits->bytes += md->data_end - md->data;
    }
    return action;
}

static __always_inline int admit(struct xdp_md *md, __u16 protocol, __be16 port) {
    struct service key = {protocol, bpf_ntohs(port)};
    struct hits *hits = bpf_map_lookup_elem(&open, &key);

    if (!hits)
        return end(md, CLOSED, XDP_DROP);
    __sync_fetch_and_add(&hits->packets, 1);
    __sync_fetch_and_add(&hits->bytes, md->data_end - md->data);
    return end(md, OPENED, XDP_PASS);
}

SEC("xdp")
int xdp_firewall(struct xdp_md *md) {
    void *data = (void *)(long)md->data;
    void *data_end = (void *)(long)md->data_end;
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);

    if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
        return end(md, NOT_IPV4, XDP_PASS);

    struct network source = {32};
    __builtin_memcpy(source.address, &ip->saddr, 4);
    __u64 *hits = bpf_map_lookup_elem(&blocked, &source);
    if (hits) {
        __sync_fetch_and_add(hits, 1);
        return end(md, BLOCKED, XDP_DROP);
    }

    /* Ports are in the first fragment alone. */
    if (ip->frag_off & bpf_htons(0x3fff))
        return end(md, FRAGMENT, XDP_DROP);
    if (ip->protocol == IPPROTO_ICMP)
        return end(md, PING, XDP_PASS);

    void *transport = (void *)ip + ip->ihl * 4;
    if (ip->protocol == IPPROTO_TCP) {
        struct tcphdr *tcp = transport;

        if ((void *)(tcp + 1) > data_end)
            return end(md, CUT_SHORT, XDP_DROP);
        if (!tcp->syn || tcp->ack)
            return end(md, ANSWER, XDP_PASS);
        return admit(md, IPPROTO_TCP, tcp->dest);
    }
    if (ip->protocol == IPPROTO_UDP) {
        struct udphdr *udp = transport;

        if ((void *)(udp + 1) > data_end)
            return end(md, CUT_SHORT, XDP_DROP);
        return admit(md, IPPROTO_UDP, udp->dest);
    }
    return end(md, CLOSED, XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
