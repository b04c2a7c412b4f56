/* SipHash-2-4 (Aumasson and Bernstein, 2012) over 64-bit words. */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct siphash {
    __u64 v0, v1, v2, v3;
};

#define siphash_rotate(word, by) ((word) << (by) | (word) >> (64 - (by)))

static __always_inline void siphash_round(struct siphash *s) {
    s->v0 += s->v1;
    s->v1 = siphash_rotate(s->v1, 13) ^ s->v0;
    s->v0 = siphash_rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = siphash_rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = siphash_rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = siphash_rotate(s->v1, 17) ^ s->v2;
    s->v2 = siphash_rotate(s->v2, 32);
}

static __always_inline void siphash_absorb(struct siphash *s, __u64 word) {
    s->v3 ^= word;
    siphash_round(s);
    siphash_round(s);
    s->v0 ^= word;
}

/* `count` is a constant at every call. */
static __always_inline __u64 siphash(const __u64 *words, __u32 count, const __u64 *key) {
    struct siphash s = {
        .v0 = key[0] ^ 0x736f6d6570736575ULL,
        .v1 = key[1] ^ 0x646f72616e646f6dULL,
        .v2 = key[0] ^ 0x6c7967656e657261ULL,
        .v3 = key[1] ^ 0x7465646279746573ULL,
    };

#pragma unroll
    for (__u32 i = 0; i < 8; ++i) {
        if (i < count)
            siphash_absorb(&s, words[i]);
    }
    siphash_absorb(&s, (__u64)count << 59);
    s.v2 ^= 0xff;
#pragma unroll
    for (int i = 0; i < 4; ++i)
        siphash_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#endif
