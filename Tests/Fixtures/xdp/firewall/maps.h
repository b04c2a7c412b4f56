/* Maps of the firewall, and the states of a TCP connection. */
#ifndef FIREWALL_MAPS_H
#define FIREWALL_MAPS_H

#include "../include/packet.h"

#define MAX_CONNECTIONS 65536
#define MAX_RULES 4096
#define MAX_SOURCES 16384

#define SECOND 1000000000ULL

struct endpoint {
    union address address;
    __be16 port;
    __u16 pad;
};

/* The lower endpoint first, so that both directions have one key. */
struct flow {
    struct endpoint ends[2];
    __u32 protocol;
};

enum state {
    STATE_NONE,
    STATE_SYN_SENT,
    STATE_SYN_RECEIVED,
    STATE_ESTABLISHED,
    STATE_FIN_WAIT,
    STATE_CLOSING,
    STATE_TIME_WAIT,
    STATE_CLOSED,
    STATES,
};

enum flag_class {
    FLAGS_SYN,
    FLAGS_SYN_ACK,
    FLAGS_ACK,
    FLAGS_FIN,
    FLAGS_RST,
    FLAG_CLASSES,
};

/* What one end sent. */
struct side {
    __u64 packets;
    __u64 bytes;
    __u32 next_sequence;
    __u32 window;
};

struct connection {
    __u64 expires;
    struct side sides[2];
    __u8 state;
    __u8 initiator; /* index into a flow's ends */
    __u16 rule;
};

struct rule_key {
    __be16 port;
    __u8 protocol;
    __u8 zone;
};

struct rule {
    __u32 action;
    __u32 number;
    __u64 hits;
};

struct zone_key_v4 {
    __u32 bits;
    __be32 address;
};

struct zone_key_v6 {
    __u32 bits;
    __be32 address[4];
};

struct bucket {
    __u64 tokens;
    __u64 last;
};

struct locked_bucket {
    struct bpf_spin_lock lock;
    __u32 refused;
    __u64 tokens;
    __u64 last;
};

struct event {
    __u64 time;
    struct flow flow;
    __u32 reason;
    __u32 length;
};

enum reason {
    REASON_ACCEPTED,
    REASON_MALFORMED,
    REASON_NO_RULE,
    REASON_DENIED,
    REASON_STATE,
    REASON_WINDOW,
    REASON_RATE,
    REASONS,
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct flow);
    __type(value, struct connection);
    __uint(max_entries, MAX_CONNECTIONS);
} connections SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct rule_key);
    __type(value, struct rule);
    __uint(max_entries, MAX_RULES);
} rules SEC(".maps");

/* The zone that an address is in; a zone of 0 is refused whatever the rules say. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct zone_key_v4);
    __type(value, __u8);
    __uint(max_entries, MAX_RULES);
} zones_v4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct zone_key_v6);
    __type(value, __u8);
    __uint(max_entries, MAX_RULES);
} zones_v6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __type(key, union address);
    __type(value, struct bucket);
    __uint(max_entries, MAX_SOURCES);
} buckets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, union address);
    __type(value, struct locked_bucket);
    __uint(max_entries, MAX_SOURCES);
} locked_buckets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} perf_events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, REASONS);
} reasons SEC(".maps");

/* Nanoseconds that a connection lives on after a packet. */
static const __u64 lifetimes[STATES] = {
    [STATE_SYN_SENT] = 30 * SECOND, [STATE_SYN_RECEIVED] = 30 * SECOND, [STATE_ESTABLISHED] = 3600 * SECOND,
    [STATE_FIN_WAIT] = 60 * SECOND, [STATE_CLOSING] = 30 * SECOND,      [STATE_TIME_WAIT] = 60 * SECOND,
    [STATE_CLOSED] = 5 * SECOND,
};

/* The state after a segment: [from the initiator][state][flags]. */
static const __u8 transitions[2][STATES][FLAG_CLASSES] = {
    {
        [STATE_SYN_SENT] = {STATE_NONE, STATE_SYN_RECEIVED, STATE_NONE, STATE_NONE, STATE_CLOSED},
        [STATE_SYN_RECEIVED] = {STATE_NONE, STATE_SYN_RECEIVED, STATE_SYN_RECEIVED, STATE_FIN_WAIT, STATE_CLOSED},
        [STATE_ESTABLISHED] = {STATE_NONE, STATE_ESTABLISHED, STATE_ESTABLISHED, STATE_FIN_WAIT, STATE_CLOSED},
        [STATE_FIN_WAIT] = {STATE_NONE, STATE_NONE, STATE_FIN_WAIT, STATE_CLOSING, STATE_CLOSED},
        [STATE_CLOSING] = {STATE_NONE, STATE_NONE, STATE_TIME_WAIT, STATE_CLOSING, STATE_CLOSED},
        [STATE_TIME_WAIT] = {STATE_NONE, STATE_NONE, STATE_TIME_WAIT, STATE_TIME_WAIT, STATE_CLOSED},
        [STATE_CLOSED] = {STATE_NONE, STATE_NONE, STATE_CLOSED, STATE_CLOSED, STATE_CLOSED},
    },
    {
        [STATE_SYN_SENT] = {STATE_SYN_SENT, STATE_NONE, STATE_NONE, STATE_NONE, STATE_CLOSED},
        [STATE_SYN_RECEIVED] = {STATE_SYN_RECEIVED, STATE_NONE, STATE_ESTABLISHED, STATE_FIN_WAIT, STATE_CLOSED},
        [STATE_ESTABLISHED] = {STATE_NONE, STATE_NONE, STATE_ESTABLISHED, STATE_FIN_WAIT, STATE_CLOSED},
        [STATE_FIN_WAIT] = {STATE_NONE, STATE_NONE, STATE_FIN_WAIT, STATE_CLOSING, STATE_CLOSED},
        [STATE_CLOSING] = {STATE_NONE, STATE_NONE, STATE_TIME_WAIT, STATE_CLOSING, STATE_CLOSED},
        [STATE_TIME_WAIT] = {STATE_SYN_SENT, STATE_NONE, STATE_TIME_WAIT, STATE_TIME_WAIT, STATE_CLOSED},
        [STATE_CLOSED] = {STATE_SYN_SENT, STATE_NONE, STATE_CLOSED, STATE_CLOSED, STATE_CLOSED},
    },
};

volatile const __u64 packets_per_second = 100;
volatile const __u64 burst = 200;
volatile const __u32 strict_windows = 1;
__u64 told;

#endif
