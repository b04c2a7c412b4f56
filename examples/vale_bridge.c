/*
 * The learning bridge that VALE has built in, as a program: a table of 1024 places, found by the hash that BSD's
 * bridges use, where a newer address simply takes the place of an older one.
 *
 * The table is two per-CPU arrays, so that a worker never waits for another: each learns by itself. In the style of the
 * original vale-bpf. See learning_bridge.c for a bridge on a hash map, whose table can be read with typed entries.
 */
#include <net/vale_bpf_uapi.h>

#define PLACES 1024

/* The address that a place belongs to, and the port behind which it was seen. */
EBPF_DEFINE_MAP(addresses, "percpu_array", sizeof(uint32_t), sizeof(uint64_t), PLACES, 0)
EBPF_DEFINE_MAP(ports, "percpu_array", sizeof(uint32_t), sizeof(uint32_t), PLACES, 0)

/* Bob Jenkins' mix of 96 bits (1996), reduced to a place in the table. */
static inline uint32_t place_of(const uint8_t *mac) {
    uint32_t a = 0x9e3779b9, b = 0x9e3779b9, c = 0;

    a += (uint32_t)mac[3] << 24 | mac[2] << 16 | mac[1] << 8 | mac[0];
    b += mac[5] << 8 | mac[4];

    a -= b, a -= c, a ^= c >> 13;
    b -= c, b -= a, b ^= a << 8;
    c -= a, c -= b, c ^= b >> 13;

    a -= b, a -= c, a ^= c >> 12;
    b -= c, b -= a, b ^= a << 16;
    c -= a, c -= b, c ^= b >> 5;

    a -= b, a -= c, a ^= c >> 3;
    b -= c, b -= a, b ^= a << 10;
    c -= a, c -= b, c ^= b >> 15;

    return c % PLACES;
}

/* An address as a number; none is 0, which stands for a free place. */
static inline uint64_t number_of(const uint8_t *mac) {
    uint64_t number = 0;

    for (int i = 0; i < 6; i++)
        number = number << 8 | mac[i];
    return number;
}

static inline void learn(const uint8_t *mac, uint32_t port) {
    uint32_t place = place_of(mac);
    uint64_t *owner = ebpf_map_lookup_elem(&addresses, &place);
    uint32_t *seen = ebpf_map_lookup_elem(&ports, &place);

    if (owner && seen) {
        *owner = number_of(mac);
        *seen = port;
    }
}

static inline uint32_t find(const uint8_t *mac) {
    uint32_t place = place_of(mac);
    uint64_t *owner = ebpf_map_lookup_elem(&addresses, &place);
    uint32_t *seen = ebpf_map_lookup_elem(&ports, &place);

    if (owner && seen && *owner == number_of(mac))
        return *seen;
    return VALE_BPF_BROADCAST;
}

uint32_t vale_bridge(struct vale_bpf_md *md) {
    const uint8_t *frame = md->data;
    const uint8_t *end = md->data_end;

    if (frame + 14 > end)
        return VALE_BPF_DROP;

    /* Destination, then source. The lowest bit of the first byte marks a group address. */
    if (!(frame[6] & 1))
        learn(frame + 6, md->ingress_port);
    return frame[0] & 1 ? VALE_BPF_BROADCAST : find(frame);
}
