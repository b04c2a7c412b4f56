/*
 * What the measured programs are written with, so that one source is an eBPF object for Swale and for Linux (clang
 * -target bpf) and native code (native.h).
 *
 * MEASURED(name, count) makes an entry function `name` of the function `name_body`. For Linux there is a second one,
 * `loop_name`, that runs it `count` times in one run: a call and a return each, so that the fixed cost of
 * BPF_PROG_TEST_RUN is left out. MEASURED_VARIED also writes the number of the frame into it before each run.
 */
#ifndef MEASURED_H
#define MEASURED_H

#ifdef __bpf__

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifdef VALE
#include <net/vale_bpf_uapi.h>
typedef struct vale_bpf_md context;
#define DATA(c) ((c)->data)
#define DATA_END(c) ((c)->data_end)
#define INGRESS(c) ((c)->ingress_port)
#else
typedef struct xdp_md context;
#define DATA(c) ((void *)(long)(c)->data)
#define DATA_END(c) ((void *)(long)(c)->data_end)
#define INGRESS(c) ((c)->ingress_ifindex)
#endif

#define MAP(name, kind, K, V, count)       \
    struct {                               \
        __uint(type, BPF_MAP_TYPE_##kind); \
        __type(key, K);                    \
        __type(value, V);                  \
        __uint(max_entries, count);        \
    } name SEC(".maps");
#define ARRAY(name, V, count) MAP(name, ARRAY, __u32, V, count)
#define PERCPU_ARRAY(name, V, count) MAP(name, PERCPU_ARRAY, __u32, V, count)
#define HASH(name, K, V, count) MAP(name, HASH, K, V, count)
#define LOOKUP(map, key) bpf_map_lookup_elem(&map, key)
#define UPDATE(map, key, value) bpf_map_update_elem(&map, key, value, BPF_ANY)

#ifdef VALE
#define MEASURED(name, count) \
    SEC("vale") int name(context *c) { return name##_body(c); }
#define MEASURED_VARIED(name, count, vary) MEASURED(name, count)
#else
struct repeated {
    context *c;
    int result;
};
#define LOOPED(name, body, count, vary)                          \
    static long name##_again(__u32 number, struct repeated *r) { \
        vary(r->c, number);                                      \
        r->result = body(r->c);                                  \
        return 0;                                                \
    }                                                            \
    SEC("xdp") int loop_##name(context *c) {                     \
        struct repeated r = {c, 0};                              \
        bpf_loop(count, name##_again, &r, 0);                    \
        return r.result;                                         \
    }
#define UNVARIED(c, number) (void)(number)
#define MEASURED(name, count)                                  \
    SEC("xdp") int name(context *c) { return name##_body(c); } \
    LOOPED(name, name##_body, count, UNVARIED)
#define MEASURED_VARIED(name, count, vary) \
    MEASURED(name, count)                  \
    LOOPED(varied_##name, name##_body, count, vary)
#endif

#else
#include "native.h"
#endif

#endif
