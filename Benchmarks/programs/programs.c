/*
 * The measured programs: no logic, packet count, learning bridges, a load balancer, loops of arithmetic. They return
 * port numbers, as programs for a VALE switch do; none of Linux's redirects is called.
 */
#include "measured.h"
#include "repeats.h"

#define FLOOD 254
#define DROP 255

struct ethernet {
    __u8 destination[6];
    __u8 source[6];
    __u16 type;
};

struct ipv4 {
    __u8 version_length;
    __u8 tos;
    __u16 total_length;
    __u16 identification;
    __u16 fragment;
    __u8 ttl;
    __u8 protocol;
    __u16 checksum;
    __u32 source;
    __u32 destination;
};

#define ETHERTYPE_IPV4 __builtin_bswap16(0x0800)
#define ETHERTYPE_IPV6 __builtin_bswap16(0x86dd)

/* No logic. */

static __always_inline int no_logic_body(context *c) {
    asm volatile("" ::"r"(c));
    return DROP;
}
MEASURED(no_logic, REPEATS)

/* Packet count: by IP protocol, per CPU. */

PERCPU_ARRAY(protocols, __u64, 256)

static __always_inline int packet_count_body(context *c) {
    struct ethernet *eth = DATA(c);
    const void *end = DATA_END(c);
    const __u8 *next = (void *)(eth + 1);
    __u32 protocol;

    if ((void *)(eth + 1) > end)
        return DROP;
    if (eth->type == ETHERTYPE_IPV4) {
        if ((void *)(next + 20) > end)
            return DROP;
        protocol = next[9];
    } else if (eth->type == ETHERTYPE_IPV6) {
        if ((void *)(next + 40) > end)
            return DROP;
        protocol = next[6];
    } else {
        return FLOOD;
    }
    __u64 *packets = LOOKUP(protocols, &protocol);
    if (packets)
        *packets += 1;
    return DROP;
}
MEASURED(packet_count, REPEATS)

/* Learning bridge on arrays: the table of FreeBSD's bridge and of VALE, where newer addresses replace older ones. */

#define PLACES 1024

struct place {
    __u64 mac;
    __u32 port;
    __u32 unused;
};
PERCPU_ARRAY(table, struct place, PLACES)
PERCPU_ARRAY(last_source, __u64, 1)

static __always_inline __u64 mac_number(const __u8 *mac) {
    return (__u64)*(const __u32 *)mac | (__u64)*(const __u16 *)(mac + 4) << 32;
}

/* Bob Jenkins' mix of 96 bits (1996). */
#define JENKINS_MIX(a, b, c)         \
    do {                             \
        a = (a - b - c) ^ (c >> 13); \
        b = (b - c - a) ^ (a << 8);  \
        c = (c - a - b) ^ (b >> 13); \
        a = (a - b - c) ^ (c >> 12); \
        b = (b - c - a) ^ (a << 16); \
        c = (c - a - b) ^ (b >> 5);  \
        a = (a - b - c) ^ (c >> 3);  \
        b = (b - c - a) ^ (a << 10); \
        c = (c - a - b) ^ (b >> 15); \
    } while (0)

static __always_inline __u32 place_of(__u64 mac) {
    __u32 a = 0x9e3779b9 + (__u32)mac, b = 0x9e3779b9 + (__u32)(mac >> 32), c = 0;
    JENKINS_MIX(a, b, c);
    return c % PLACES;
}

static __always_inline int bridge_body(context *c) {
    struct ethernet *eth = DATA(c);
    __u32 first = 0, place;

    if ((void *)(eth + 1) > (void *)DATA_END(c))
        return DROP;
    __u64 destination = mac_number(eth->destination), source = mac_number(eth->source);
    __u64 *last = LOOKUP(last_source, &first);
    if (!last)
        return DROP;
    if (!(source & 1) && *last != source) {
        place = place_of(source);
        struct place *learned = LOOKUP(table, &place);
        if (!learned)
            return DROP;
        learned->mac = source;
        learned->port = INGRESS(c);
        *last = source;
    }
    if (destination & 1)
        return FLOOD;
    place = place_of(destination);
    struct place *known = LOOKUP(table, &place);
    return known && known->mac == destination ? (int)known->port : FLOOD;
}

/* 256 MACs: each frame's source is another one's destination. */
#define VARY_MACS(c, number)                                                        \
    do {                                                                            \
        struct ethernet *varied = DATA(c);                                          \
        if ((void *)(varied + 1) <= (void *)DATA_END(c)) {                          \
            *(__u16 *)(varied->destination + 4) = (((number) * 73 + 1) & 255) << 8; \
            *(__u16 *)(varied->source + 4) = ((number) & 255) << 8;                 \
        }                                                                           \
        /* Loaded again by the program, as from any frame. */                       \
        asm volatile("" ::: "memory");                                              \
    } while (0)
MEASURED_VARIED(bridge, REPEATS, VARY_MACS)

/* Learning bridge on one hash map. */

HASH(macs, __u64, __u32, 16384)

static __always_inline int hash_bridge_body(context *c) {
    struct ethernet *eth = DATA(c);

    if ((void *)(eth + 1) > (void *)DATA_END(c))
        return DROP;
    __u64 destination = mac_number(eth->destination), source = mac_number(eth->source);
    __u32 ingress = INGRESS(c), *port;
    if (!(source & 1)) {
        port = LOOKUP(macs, &source);
        if (!port)
            UPDATE(macs, &source, &ingress);
        else if (*port != ingress)
            *port = ingress;
    }
    if (destination & 1)
        return FLOOD;
    port = LOOKUP(macs, &destination);
    return port ? (int)*port : FLOOD;
}
MEASURED_VARIED(hash_bridge, REPEATS, VARY_MACS)

/* 5-tuple load balancer: virtual addresses and connections in hashes, backends and their ring in arrays. */

#define RING 4096
#define BACKENDS 256

struct service {
    __u32 address;
    __u16 port;
    __u16 protocol;
};
struct flow {
    __u32 source, destination;
    __u16 source_port, destination_port;
    __u32 protocol;
};
struct backend {
    __u8 mac[6];
    __u16 port;
};
HASH(services, struct service, __u32, 512)
HASH(connections, struct flow, __u32, 65536)
ARRAY(ring, __u32, RING)
ARRAY(backends, struct backend, BACKENDS)
PERCPU_ARRAY(packets, __u64, 512)

/* RFC 1624, equation 3: one 16-bit word replaced. */
static __always_inline __u16 checksum_replace(__u16 checksum, __u16 from, __u16 to) {
    __u32 sum = (__u16)~checksum + (__u16)~from + to;
    sum = (sum & 0xffff) + (sum >> 16);
    return ~((sum & 0xffff) + (sum >> 16));
}

static __always_inline int load_balancer_body(context *c) {
    struct ethernet *eth = DATA(c);
    struct ipv4 *ip = (void *)(eth + 1);
    __u16 *ports = (void *)(ip + 1);

    if ((void *)(ports + 2) > (void *)DATA_END(c) || eth->type != ETHERTYPE_IPV4 || ip->version_length != 0x45)
        return DROP;
    if (ip->protocol != 6 && ip->protocol != 17)
        return DROP;
    struct service wanted = {ip->destination, ports[1], ip->protocol};
    __u32 *service = LOOKUP(services, &wanted);
    if (!service)
        return DROP;

    struct flow flow = {ip->source, ip->destination, ports[0], ports[1], ip->protocol};
    __u32 *assigned = LOOKUP(connections, &flow), number;
    if (assigned) {
        number = *assigned;
    } else {
        __u64 hash = ((__u64)flow.source << 32 | flow.destination) * 0x9e3779b97f4a7c15;
        hash ^= ((__u64)flow.source_port << 32 | flow.destination_port << 16 | flow.protocol) * 0xc2b2ae3d27d4eb4f;
        __u32 slot = (hash ^ hash >> 29) % RING;
        __u32 *chosen = LOOKUP(ring, &slot);
        if (!chosen)
            return DROP;
        number = *chosen;
        UPDATE(connections, &flow, &number);
    }
    struct backend *backend = LOOKUP(backends, &number);
    if (!backend)
        return DROP;
    __u32 counter = *service & 511;
    __u64 *count = LOOKUP(packets, &counter);
    if (count)
        *count += 1;

    /* The time to live wraps rather than ends, so that every run does the same work. */
    __u16 *words = (__u16 *)ip, before = words[4];
    ip->ttl = ip->ttl > 1 ? ip->ttl - 1 : 64;
    ip->checksum = checksum_replace(ip->checksum, before, words[4]);
    __builtin_memcpy(eth->source, eth->destination, 6);
    __builtin_memcpy(eth->destination, backend->mac, 6);
    return backend->port;
}

/* 256 flows: source ports. */
#define VARY_PORTS(c, number)                                       \
    do {                                                            \
        __u8 *varied = DATA(c);                                     \
        if (varied + 36 <= (__u8 *)DATA_END(c))                     \
            *(__u16 *)(varied + 34) = ((number) & 255) << 8 | 0x40; \
        asm volatile("" ::: "memory");                              \
    } while (0)
MEASURED_VARIED(load_balancer, REPEATS, VARY_PORTS)

/* Fills the load balancer's maps: 256 elements a run, the number of the block in the frame's first four bytes. */
static __always_inline int fill_load_balancer_body(context *c) {
    __u32 *block = DATA(c);

    if ((void *)(block + 1) > (void *)DATA_END(c))
        return DROP;
    __u32 first = *block % (RING / 256) * 256;
    for (__u32 n = 0; n < 256; n++) {
        __u32 slot = first + n, number = slot * 0x9e3779b1 >> 24;
        __u32 entry = n;
        UPDATE(ring, &slot, &number);
        /* 192.0.2.n, port 80, UDP. */
        struct service service = {0x000200c0 | n << 24, __builtin_bswap16(80), 17};
        UPDATE(services, &service, &entry);
        struct backend backend = {{2, 0, 0, 1, 0, n}, n & 127};
        UPDATE(backends, &entry, &backend);
    }
    return 0;
}
MEASURED(fill_load_balancer, 1)

/* Arithmetic: chains in which each step waits for the one before. */

static __always_inline int mix32_body(context *c) {
    __u32 x = INGRESS(c), y = 0x9e3779b9, z = 0;
#pragma clang loop unroll(disable)
    for (__u32 n = 0; n < MIX_STEPS; n++) {
        x += n;
        JENKINS_MIX(x, y, z);
    }
    return z & 127;
}
MEASURED(mix32, MIX_REPEATS)

static __always_inline int mix64_body(context *c) {
    __u64 x = INGRESS(c);
#pragma clang loop unroll(disable)
    for (__u32 n = 0; n < MIX_STEPS; n++)
        x = (x ^ n) * 0x9e3779b97f4a7c15;
    return x >> 57;
}
MEASURED(mix64, MIX_REPEATS)

#ifdef __bpf__
char LICENSE[] SEC("license") = "GPL";
#endif
