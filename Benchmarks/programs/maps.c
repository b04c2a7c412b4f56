/*
 * Operations on one map, many in a run. Compiled once for each type: -DTYPE=BPF_MAP_TYPE_HASH, and the shape of its
 * keys: -DKEYS_INDEX, -DKEYS_HASHED or -DKEYS_PREFIX. The frame holds what to do: struct map_arguments.
 */
#include "measured.h"
#include "map_arguments.h"

#if defined(KEYS_INDEX)
typedef __u32 key;
#define KEY(k, i) key k = (i)
#define STORED_KEY(k, i) KEY(k, i)
#elif defined(KEYS_HASHED)
/* The multiplication is one to one. */
typedef __u64 key;
#define KEY(k, i) key k = ((__u64)(i) + 1) * 0x9e3779b97f4a7c15
#define STORED_KEY(k, i) KEY(k, i)
#elif defined(KEYS_PREFIX)
/* Entries are IPv4 networks of 24 bits, one to one with the lower 24 bits of their number; hosts are looked up. */
typedef struct {
    __u32 bits;
    __u32 address;
} key;
#define NETWORK(i) (((i) * 0x9e3779b1u & 0xffffff) << 8)
#define KEY(k, i) key k = {32, __builtin_bswap32(NETWORK(i) | ((i) >> 3 & 0xff))}
#define STORED_KEY(k, i) key k = {24, __builtin_bswap32(NETWORK(i))}
#endif

struct {
    __uint(type, TYPE);
    __type(key, key);
    __type(value, __u64);
    __uint(max_entries, 1);
#ifdef KEYS_PREFIX
    __uint(map_flags, BPF_F_NO_PREALLOC);
#endif
} measured SEC(".maps");

/* No entry has such a number. */
#define NEVER (1u << 23)

#define ARGUMENTS(a, c)                        \
    struct map_arguments *a = DATA(c);         \
    if ((void *)(a + 1) > (void *)DATA_END(c)) \
    return XDP_ABORTED

static __always_inline __u32 runs(context *c) {
    ARGUMENTS(a, c);
    return a->runs;
}

/*
 * Operations on random entries, `body` for the one with number i. Sums go on from the last run's: unknown numbers to a
 * verifier, so that its paths meet again.
 */
#define RANDOM(name, body)                                          \
    static __always_inline int name##_body(context *c) {            \
        ARGUMENTS(a, c);                                            \
        __u64 x = a->state, sum = a->sum, failures = a->failures;   \
        __u32 mask = a->mask, absent = a->absent, spare = a->spare; \
        (void)absent, (void)spare;                                  \
        _Pragma("clang loop unroll_count(4)")                       \
        for (__u32 n = 0; n < MAP_OPERATIONS; n++) {                \
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;                \
            __u32 i = (__u32)(x >> 11);                             \
            body                                                    \
        }                                                           \
        a->state = x;                                               \
        a->sum = sum;                                               \
        a->failures = failures;                                     \
        return XDP_PASS;                                            \
    }                                                               \
    MEASURED(name, runs(c))

#define USE(k) asm volatile("" ::"r"(&k) : "memory")

RANDOM(empty, {
    KEY(k, i & mask);
    USE(k);
    sum += i;
})
RANDOM(lookup_hit, {
    KEY(k, i & mask);
    __u64 *value = LOOKUP(measured, &k);
    if (value)
        sum += *value;
    else
        failures++;
})
RANDOM(lookup_miss, {
    KEY(k, (i & mask) | NEVER);
    if (LOOKUP(measured, &k))
        failures++;
})
RANDOM(update, {
    STORED_KEY(k, i & mask);
    __u64 value = i & mask;
    failures |= UPDATE(measured, &k, &value);
})

#ifndef KEYS_INDEX
/* Insert one that is absent, and delete it again. */
RANDOM(pair, {
    STORED_KEY(k, absent + (i & spare));
    __u64 value = i & mask;
    failures |= bpf_map_update_elem(&measured, &k, &value, BPF_NOEXIST);
    failures |= bpf_map_delete_elem(&measured, &k);
})

/* `first` on entries that are absent, then `second` on the same ones, each with the time that it took. */
#define BLOCKS(name, first, second)                                       \
    static __always_inline int name##_body(context *c) {                  \
        ARGUMENTS(a, c);                                                  \
        __u64 failures = a->failures;                                     \
        __u32 counter = a->counter, absent = a->absent, spare = a->spare; \
        __u64 t0 = bpf_ktime_get_ns();                                    \
        _Pragma("clang loop unroll_count(4)")                             \
        for (__u32 n = 0; n < MAP_OPERATIONS; n++) {                      \
            STORED_KEY(k, absent + ((counter + n) * 0x9e3779b1 & spare)); \
            first                                                         \
        }                                                                 \
        __u64 t1 = bpf_ktime_get_ns();                                    \
        _Pragma("clang loop unroll_count(4)")                             \
        for (__u32 n = 0; n < MAP_OPERATIONS; n++) {                      \
            STORED_KEY(k, absent + ((counter + n) * 0x9e3779b1 & spare)); \
            second                                                        \
        }                                                                 \
        __u64 t2 = bpf_ktime_get_ns();                                    \
        a->counter = counter + MAP_OPERATIONS;                            \
        a->first_ns += t1 - t0;                                           \
        a->second_ns += t2 - t1;                                          \
        a->failures = failures;                                           \
        return XDP_PASS;                                                  \
    }                                                                     \
    MEASURED(name, runs(c))

BLOCKS(empty_blocks, USE(k);, USE(k);)
BLOCKS(
    blocks,
    {
        __u64 value = n;
        failures |= bpf_map_update_elem(&measured, &k, &value, BPF_NOEXIST);
    },
    { failures |= bpf_map_delete_elem(&measured, &k); })
#endif

char LICENSE[] SEC("license") = "GPL";
