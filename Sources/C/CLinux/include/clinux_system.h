// System calls and macros that Glibc's Swift overlay does not offer.
// No _GNU_SOURCE in these headers: types would differ from those of the overlay. What needs it is in clinux_system.c.
#ifndef CLINUX_SYSTEM_H
#define CLINUX_SYSTEM_H
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

// Pins the calling thread; cpu_set_t is built by macros, which Swift does not import. Returns 0 or an errno.
int clinux_pin_thread(unsigned cpu);

// setns needs _GNU_SOURCE. Moves the calling thread only into the network namespace of `fd`, an open
// /run/netns/NAME. Returns 0 or an errno.
int clinux_enter_network_namespace(int fd);

// The NUMA node of the CPU that the thread runs on; 0 where there is none. getcpu needs _GNU_SOURCE.
unsigned clinux_numa_node(void);

// A memory file of `bytes` zero bytes; memfd_create needs _GNU_SOURCE. A descriptor or a negated errno.
int clinux_memory_file(const char *name, uint64_t bytes);

// Saves the overlay's conversion of timespec on the hot path.
static inline uint64_t clinux_monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void clinux_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// Swift has no intrinsic for it.
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address); }
#endif
