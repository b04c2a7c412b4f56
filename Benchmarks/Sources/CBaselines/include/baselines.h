// The measured programs (programs/programs.c) as native code: what a JIT can hope for.
#ifndef BASELINES_H
#define BASELINES_H
#include <stddef.h>
#include <stdint.h>

// As Swale's FrameContext.
struct native_frame {
    void *data;
    void *data_end;
    void *data_meta;
    void *hard_start;
    void *hard_end;
    uint32_t ingress_port;
    uint32_t ingress_ifindex;
    uint32_t egress_ifindex;
    uint8_t ring;
    struct {
        uint8_t kind;
        uint8_t excludes_ingress;
        uint32_t target;
        uintptr_t map;
        uintptr_t program;
    } redirect;
};

// As Swale's RunResult.
struct native_result {
    uint64_t value;
    uint8_t fault;
};

// Runs a program on `count` frames, as a switch does.
typedef void (*native_burst)(struct native_frame *frames, size_t count, struct native_result *results);

// The program of this name, null where there is none. A function called for each frame, with the code of its maps
// inlined; with a call for each use of a map; and all of it inlined into the loop over the burst.
native_burst baseline_inlined(const char *name);
native_burst baseline_called(const char *name);
native_burst baseline_fused(const char *name);

// A ring of frames, each behind `stride` bytes from the one before.
struct native_ring {
    uint8_t *memory;
    size_t stride;
};

// Takes `count` frames of `length` bytes out of a ring, a burst of 256 at a time, and copies each that the program sends
// to port 1, or to all others, to the other ring. The frames that were.
size_t baseline_forward(
    native_burst program, const struct native_ring *in, struct native_ring *out, size_t count, size_t length);

// Keeps the calling thread off a CPU on which another one spins. Not 0: there is no other CPU for it.
int baseline_keep_off(int cpu);
#endif
