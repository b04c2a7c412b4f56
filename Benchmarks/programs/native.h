/*
 * The measured programs as native code: contexts, and maps whose types and sizes the compiler knows. MAP_CODE and
 * PROGRAM_CODE say what is inlined and what is called. For one thread: a floor for what programs cost, no map for general use.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <stdint.h>
#include <string.h>

#include "baselines.h"

typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;

typedef struct {
    void *data;
    void *data_end;
    uint32_t ingress;
} context;
#define DATA(c) ((c)->data)
#define DATA_END(c) ((c)->data_end)
#define INGRESS(c) ((c)->ingress)

#define LOOKUP(map, key) map##_lookup(key)
#define UPDATE(map, key, value) map##_update(key, value)

#define ARRAY(name, V, count)                                             \
    static V name##_values[count];                                        \
    static MAP_CODE V *name##_lookup(const __u32 *key) {                  \
        return *key < count ? &name##_values[*key] : NULL;                \
    }                                                                     \
    static MAP_CODE int name##_update(const __u32 *key, const V *value) { \
        if (*key >= count)                                                \
            return -1;                                                    \
        name##_values[*key] = *value;                                     \
        return 0;                                                         \
    }

/* Values of the worker that runs. */
static unsigned worker;
#define WORKERS 2
#define PERCPU_ARRAY(name, V, count)                               \
    static V name##_values[WORKERS][count];                        \
    static MAP_CODE V *name##_lookup(const __u32 *key) {           \
        return *key < count ? &name##_values[worker][*key] : NULL; \
    }

/* Of the secrets of a table; a real one draws them at random. */
static volatile const __u64 drawn[2] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db};

/* A hash of whole words, by multiplication to 128 bits, whose halves are folded. */
static __always_inline __u64 fold(__u64 a, __u64 b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (__u64)product ^ (__u64)(product >> 64);
}

/* Open addressing with linear probing, at most half full; key, value and a mark in one slot. Nothing is deleted. */
#define HASH(name, K, V, count)                                                      \
    struct name##_slot {                                                             \
        __u64 key[sizeof(K) / 8];                                                    \
        V value;                                                                     \
        __u32 used;                                                                  \
    };                                                                               \
    static struct name##_slot name##_slots[2 * count];                               \
    static __u64 name##_secret[2];                                                   \
    static __u32 name##_used;                                                        \
    static __always_inline struct name##_slot *name##_find(const __u64 *key) {       \
        __u64 hash = name##_secret[0];                                               \
        for (unsigned n = 0; n < sizeof(K) / 8; n++)                                 \
            hash = fold(key[n] ^ hash, name##_secret[1]);                            \
        for (__u32 place = hash % (2 * count);; place = (place + 1) % (2 * count)) { \
            struct name##_slot *slot = &name##_slots[place];                         \
            if (!memcmp(slot->key, key, sizeof(K)) || !slot->used)                   \
                return slot;                                                         \
        }                                                                            \
    }                                                                                \
    static MAP_CODE V *name##_lookup(const K *key) {                                 \
        __u64 words[sizeof(K) / 8];                                                  \
        memcpy(words, key, sizeof(K));                                               \
        struct name##_slot *slot = name##_find(words);                               \
        return slot->used ? &slot->value : NULL;                                     \
    }                                                                                \
    static MAP_CODE int name##_update(const K *key, const V *value) {                \
        __u64 words[sizeof(K) / 8];                                                  \
        memcpy(words, key, sizeof(K));                                               \
        struct name##_slot *slot = name##_find(words);                               \
        if (!slot->used) {                                                           \
            if (name##_used == count)                                                \
                return -1;                                                           \
            name##_used++;                                                           \
            memcpy(slot->key, words, sizeof(K));                                     \
            slot->used = 1;                                                          \
        }                                                                            \
        slot->value = *value;                                                        \
        return 0;                                                                    \
    }                                                                                \
    static __attribute__((constructor)) void name##_draw(void) {                     \
        name##_secret[0] = drawn[0], name##_secret[1] = drawn[1];                    \
    }

/* A burst: the program called, or inlined into the loop, as PROGRAM_CODE says. */
#define MEASURED(name, count)                                                                                  \
    static PROGRAM_CODE int name##_entry(context *c) {                                                         \
        return name##_body(c);                                                                                 \
    }                                                                                                          \
    static void name##_burst(struct native_frame *frames, size_t frame_count, struct native_result *results) { \
        for (size_t n = 0; n < frame_count; n++) {                                                             \
            context c = {frames[n].data, frames[n].data_end, frames[n].ingress_ifindex};                       \
            results[n] = (struct native_result){(__u32)name##_entry(&c), 0};                                   \
        }                                                                                                      \
    }
#define MEASURED_VARIED(name, count, vary) MEASURED(name, count)

#endif
