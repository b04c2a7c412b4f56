/* Bob Jenkins's lookup3 hash (public domain, 2006) over 32-bit words. */
#ifndef JHASH_H
#define JHASH_H

#include <linux/types.h>
#include <bpf/bpf_helpers.h>

static __always_inline __u32 rotate_left(__u32 word, __u32 by) {
    return word << by | word >> (32 - by);
}

#define JHASH_INITIAL 0xdeadbeef

#define jhash_mix(a, b, c)                                                                                            \
    do {                                                                                                              \
        a -= c, a ^= rotate_left(c, 4), c += b;                                                                       \
        b -= a, b ^= rotate_left(a, 6), a += c;                                                                       \
        c -= b, c ^= rotate_left(b, 8), b += a;                                                                       \
        a -= c, a ^= rotate_left(c, 16), c += b;                                                                      \
        b -= a, b ^= rotate_left(a, 19), a += c;                                                                      \
        c -= b, c ^= rotate_left(b, 4), b += a;                                                                       \
    } while (0)

#define jhash_final(a, b, c)                                                                                          \
    do {                                                                                                              \
        c ^= b, c -= rotate_left(b, 14);                                                                              \
        a ^= c, a -= rotate_left(c, 11);                                                                              \
        b ^= a, b -= rotate_left(a, 25);                                                                              \
        c ^= b, c -= rotate_left(b, 16);                                                                              \
        a ^= c, a -= rotate_left(c, 4);                                                                               \
        b ^= a, b -= rotate_left(a, 14);                                                                              \
        c ^= b, c -= rotate_left(b, 24);                                                                              \
    } while (0)

/* `count` is a constant at every call, so that nothing of the loop is left. */
static __always_inline __u32 jhash_words(const __u32 *words, __u32 count, __u32 seed) {
    __u32 a, b, c;

    a = b = c = JHASH_INITIAL + (count << 2) + seed;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        if (count <= 3)
            break;
        a += words[0];
        b += words[1];
        c += words[2];
        jhash_mix(a, b, c);
        words += 3;
        count -= 3;
    }
    if (count > 2)
        c += words[2];
    if (count > 1)
        b += words[1];
    if (count > 0) {
        a += words[0];
        jhash_final(a, b, c);
    }
    return c;
}

static __always_inline __u32 jhash_3words(__u32 a, __u32 b, __u32 c, __u32 seed) {
    __u32 words[3] = {a, b, c};

    return jhash_words(words, 3, seed);
}

#endif
