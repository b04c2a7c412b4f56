/* TCP options, read and written. */
#ifndef SYN_COOKIES_OPTIONS_H
#define SYN_COOKIES_OPTIONS_H

#include "../include/packet.h"

#define TCP_OPTION_END 0
#define TCP_OPTION_NOP 1
#define TCP_OPTION_MSS 2
#define TCP_OPTION_WINDOW 3
#define TCP_OPTION_SACK 4
#define TCP_OPTION_TIMESTAMP 8
#define MAX_OPTIONS 10
#define MAX_OPTION_BYTES 40
#define MAX_TCP (20 + MAX_OPTION_BYTES)

#define TS_WINDOW_BITS 0xf
#define TS_SACK (1 << 4)

struct options {
    __u16 mss;
    __u8 window; /* 15: none */
    __u8 sack;
    __u8 timestamp;
    __be32 sent;
};

/* What a SYN-ACK carries: MSS, SACK and timestamp, window scale; padded to words. */
struct reply_options {
    __u8 mss[4];
    __u8 sack[2];
    __u8 timestamp_kind;
    __u8 timestamp_size;
    __be32 value;
    __be32 echo;
    __u8 window[4];
};

/* Options where they are, behind the TCP header: a loop with a packet pointer that moves by what it reads. */
static __always_inline int parse_options(struct tcphdr *tcp, void *data_end, struct options *options) {
    __u8 *at = (__u8 *)(tcp + 1);
    __u8 *last = (__u8 *)tcp + tcp->doff * 4;

    *options = (struct options){.window = TS_WINDOW_BITS};
    for (int i = 0; i < MAX_OPTIONS; ++i) {
        if (at >= last || (void *)(at + 1) > data_end)
            return 1;
        __u8 kind = *at;

        if (kind == TCP_OPTION_END)
            return 1;
        if (kind == TCP_OPTION_NOP) {
            ++at;
            continue;
        }
        if ((void *)(at + 2) > data_end)
            return 0;
        __u8 size = at[1];

        if (size < 2)
            return 0;
        switch (kind) {
        case TCP_OPTION_MSS:
            if (size != 4 || (void *)(at + 4) > data_end)
                return 0;
            options->mss = at[2] << 8 | at[3];
            break;
        case TCP_OPTION_WINDOW:
            if (size != 3 || (void *)(at + 3) > data_end)
                return 0;
            options->window = min(at[2], 14);
            break;
        case TCP_OPTION_SACK:
            if (size != 2)
                return 0;
            options->sack = 1;
            break;
        case TCP_OPTION_TIMESTAMP:
            if (size != 10 || (void *)(at + 10) > data_end)
                return 0;
            options->timestamp = 1;
            __builtin_memcpy(&options->sent, at + 2, sizeof(options->sent));
            break;
        }
        /* Read anew: what the cases know of the size would make each a way of its own for the verifier. */
        at += *(volatile __u8 *)(at + 1);
    }
    return 1;
}

/* The same from a copy on the stack, by an index that is kept inside it. */
static __always_inline int parse_copied_options(struct xdp_md *ctx, __u32 offset, __u32 size, struct options *options) {
    __u8 bytes[64] = {};
    __u32 at = 0;

    *options = (struct options){.window = TS_WINDOW_BITS};
    if (size == 0)
        return 1;
    opaque(size);
    if (size == 0 || size > MAX_OPTION_BYTES || bpf_xdp_load_bytes(ctx, offset, bytes, size))
        return 0;
    for (int i = 0; i < MAX_OPTIONS; ++i) {
        if (at >= MAX_OPTION_BYTES - 1)
            return 1;
        opaque(at);
        at &= 0x3f;
        if (at > sizeof(bytes) - 10)
            return 0;
        __u8 kind = bytes[at];
        __u8 length = bytes[at + 1];

        if (kind == TCP_OPTION_END)
            return 1;
        if (kind == TCP_OPTION_NOP) {
            ++at;
            continue;
        }
        if (length < 2)
            return 0;
        if (kind == TCP_OPTION_MSS && length == 4)
            options->mss = bytes[at + 2] << 8 | bytes[at + 3];
        else if (kind == TCP_OPTION_WINDOW && length == 3)
            options->window = min(bytes[at + 2], 14);
        else if (kind == TCP_OPTION_SACK && length == 2)
            options->sack = 1;
        else if (kind == TCP_OPTION_TIMESTAMP && length == 10) {
            options->timestamp = 1;
            options->sent = bytes[at + 2] | bytes[at + 3] << 8 | bytes[at + 4] << 16 | (__u32)bytes[at + 5] << 24;
        }
        at += length;
    }
    return 1;
}

static __always_inline void write_options(struct reply_options *reply, const struct options *options, __u16 mss,
                                          __u64 now) {
    reply->mss[0] = TCP_OPTION_MSS;
    reply->mss[1] = 4;
    reply->mss[2] = mss >> 8;
    reply->mss[3] = mss;
    if (options->timestamp) {
        __u32 value = (__u32)(now >> 20) & ~0x3f;

        value |= options->window;
        if (options->sack) {
            value |= TS_SACK;
            reply->sack[0] = TCP_OPTION_SACK;
            reply->sack[1] = 2;
        } else {
            reply->sack[0] = TCP_OPTION_NOP;
            reply->sack[1] = TCP_OPTION_NOP;
        }
        reply->timestamp_kind = TCP_OPTION_TIMESTAMP;
        reply->timestamp_size = 10;
        reply->value = bpf_htonl(value);
        reply->echo = options->sent;
        if (options->window != TS_WINDOW_BITS) {
            reply->window[0] = TCP_OPTION_NOP;
            reply->window[1] = TCP_OPTION_WINDOW;
            reply->window[2] = 3;
            reply->window[3] = 7;
        } else {
            __builtin_memset(reply->window, TCP_OPTION_NOP, 4);
        }
    } else {
        __builtin_memset(&reply->sack, TCP_OPTION_NOP, sizeof(*reply) - sizeof(reply->mss));
    }
}

#endif
