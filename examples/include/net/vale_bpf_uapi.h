/*
 * What a program for a VALE switch is written against: its context, its verdicts, maps and the helpers on them.
 *
 * Works freestanding: it needs the compiler's own headers only. Programs written for the original vale-bpf compile
 * with it as they are: global functions without a section attribute, no license, maps by EBPF_DEFINE_MAP. Programs
 * in the style of libbpf (SEC(), .maps) may include it beside <bpf/bpf_helpers.h>.
 */
#ifndef NET_VALE_BPF_UAPI_H
#define NET_VALE_BPF_UAPI_H

#include <stdint.h>

/* What a program is called with: a frame, and where it came in. */
struct vale_bpf_md {
    void *data;            /* first byte of the Ethernet header */
    void *data_end;        /* one past the last byte: check against it before every access */
    uint32_t ingress_port; /* 0 to 253 */
    uint8_t ring_nr;       /* in: the ring that the frame came in on; out: the one to send it on. Writable. */
};

/* What a program returns: the number of a port (0 to 253), or one of these. */
#define VALE_BPF_BROADCAST 254 /* to every port but the ingress port */
#define VALE_BPF_DROP 255

/* Flags of ebpf_map_update_elem. */
#define EBPF_ANY 0     /* create or replace */
#define EBPF_NOEXIST 1 /* create only */
#define EBPF_EXIST 2   /* replace only */

/* A map, as EBPF_DEFINE_MAP lays it down in the object's section "maps". */
struct ebpf_map_def {
    char type[64];
    uint32_t key_size;
    uint32_t value_size;
    uint32_t max_entries;
    uint32_t flags;
};

/*
 * Defines a map. The type is a name: "array", "percpu_array", "hashtable", "percpu_hashtable", or another of those that
 * `swale map` shows.
 */
#define EBPF_DEFINE_MAP(NAME, TYPE, KEY_SIZE, VALUE_SIZE, MAX_ENTRIES, FLAGS) \
    __attribute__((section("maps"), used)) struct ebpf_map_def NAME = {       \
        .type = TYPE,                                                         \
        .key_size = (KEY_SIZE),                                               \
        .value_size = (VALUE_SIZE),                                           \
        .max_entries = (MAX_ENTRIES),                                         \
        .flags = (FLAGS),                                                     \
    };

/* The value of a key, in place; null where there is none. */
static void *(*const ebpf_map_lookup_elem)(const void *map, const void *key)
    __attribute__((unused)) = (void *)1;

/* Sets the value of a key. 0, or a negative errno: -E2BIG (full), -EEXIST, -ENOENT. */
static int (*const ebpf_map_update_elem)(const void *map, const void *key, const void *value, uint64_t flags)
    __attribute__((unused)) = (void *)2;

/* Removes a key. 0, or a negative errno: -ENOENT, -EINVAL (elements of arrays stay). */
static int (*const ebpf_map_delete_elem)(const void *map, const void *key)
    __attribute__((unused)) = (void *)3;

#endif
