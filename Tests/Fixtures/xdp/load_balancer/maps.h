/* Maps of the load balancer, and what it knows of a packet. */
#ifndef LOAD_BALANCER_MAPS_H
#define LOAD_BALANCER_MAPS_H

#include "../include/jhash.h"
#include "../include/packet.h"

#define MAX_VIPS 16
#define MAX_SERVERS 4096
#define RING_SIZE 65537
#define CONNECTIONS 1024
#define MAX_CPUS 128

/* Of a virtual address. */
#define VIP_NO_SOURCE_PORT (1 << 0)
#define VIP_NO_TABLE (1 << 1)
#define VIP_QUIC (1 << 2)
#define VIP_GUE (1 << 3)
#define VIP_LOCAL_HASH (1 << 4)

/* Of a packet. */
#define PACKET_SYN (1 << 0)
#define PACKET_ICMP (1 << 1)

/* Of a server. */
#define SERVER_IPV6 (1 << 0)

#define GUE_PORT 6080
#define GUE_VARIANT1 0
#define ETHERNET_HEADROOM ETH_HLEN
#define MAX_PACKET 1514
#define TUNNEL_TTL 64
#define IDLE_NS 30000000000ULL
#define NEW_CONNECTIONS_PER_SECOND 125000

struct vip_key {
    union address address;
    __be16 port; /* 0: every port */
    __u8 protocol;
    __u8 pad;
};

struct vip {
    __u32 flags;
    __u32 number;
};

struct flow {
    union address source;
    union address destination;
    union {
        __u32 ports;
        __be16 port[2];
    };
    __u8 protocol;
    __u8 pad[3];
};

struct connection {
    __u32 server;
    __u64 last_ns;
};

struct server {
    union address address;
    __u32 flags;
};

struct counters {
    __u64 packets;
    __u64 bytes;
};

enum statistic {
    STAT_LOOKUPS = MAX_VIPS,
    STAT_TABLE_HITS,
    STAT_RING,
    STAT_QUIC,
    STAT_ICMP,
    STAT_NEW,
    STAT_RATE_LIMITED,
    STATISTICS,
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct vip_key);
    __type(value, struct vip);
    __uint(max_entries, MAX_VIPS);
} vips SEC(".maps");

/* RING_SIZE entries for each virtual address: the index of a server. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, MAX_VIPS *RING_SIZE);
} rings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct server);
    __uint(max_entries, MAX_SERVERS);
} servers SEC(".maps");

struct connection_table {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct flow);
    __type(value, struct connection);
    __uint(max_entries, CONNECTIONS);
};

/* For CPUs that have no table. */
struct connection_table shared_table SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, MAX_CPUS);
    __array(values, struct connection_table);
} tables SEC(".maps");

/* The server of each id that may stand in a QUIC connection id. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 65536);
} quic_servers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct counters);
    __uint(max_entries, STATISTICS);
} statistics SEC(".maps");

/* New connections of this second, per CPU. */
struct rate {
    __u64 second;
    __u64 count;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct rate);
    __uint(max_entries, 1);
} new_rate SEC(".maps");

volatile const __u8 gateway_mac[ETH_ALEN] = {2, 0, 0, 0, 0, 1};
volatile const __be32 tunnel_source_v4 = bpf_htonl(0x0a000001);
volatile const __be32 tunnel_source_v6[4] = {bpf_htonl(0xfd000000), 0, 0, bpf_htonl(1)};

/* What is learnt of a packet on its way. */
struct parsed {
    struct flow flow;
    __u16 length; /* from the IP header on */
    __u8 flags;
    __u8 tos;
};

static __always_inline void count(__u32 index, __u64 bytes) {
    struct counters *counters = bpf_map_lookup_elem(&statistics, &index);

    if (!counters)
        return;
    counters->packets += 1;
    counters->bytes += bytes;
}

static __always_inline __u32 hash_flow(const struct flow *flow, int is_ipv6, int without_source_port) {
    __u32 ports = without_source_port ? flow->port[1] : flow->ports;

    if (is_ipv6) {
        __u32 address = jhash_words(flow->source.v6, 4, MAX_VIPS);

        return jhash_3words(address, ports, flow->protocol, RING_SIZE);
    }
    return jhash_3words(flow->source.v4, ports, flow->protocol, RING_SIZE);
}

#endif
