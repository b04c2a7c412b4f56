// The running kernel as a baseline: objects by libbpf, whose structures are unwieldy in Swift, and loops of bpf(2).
#ifndef CKERNEL_H
#define CKERNEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_object;

// Whether this process may load programs: CAP_BPF and CAP_NET_ADMIN.
bool ckernel_may_load(void);

// CPUs for which per-CPU maps hold values, or a negated errno.
int ckernel_possible_cpus(void);

// Loads all programs and maps of an object, `map` (none if null) with so many entries. Null and errno on failure;
// libbpf says why on the standard error.
struct bpf_object *ckernel_load(const char *path, const char *map, uint32_t max_entries);
void ckernel_close(struct bpf_object *object);

// Descriptors; negative where there is none of this name.
int ckernel_program(struct bpf_object *object, const char *name);
int ckernel_map(struct bpf_object *object, const char *name);

// Runs an XDP program `runs` times on a frame, which keeps what the program writes: 0 or a negated errno. The time that
// a run took, without the system call, is the kernel's own. More than one run in a call has the kernel patch its XDP
// dispatcher, which takes 20 ms.
int ckernel_run(int program, void *frame, uint32_t bytes, uint32_t runs, uint32_t *result, uint32_t *nanoseconds);

// A system call for each of `count` keys of `key_size` bytes; how many of them failed.
size_t ckernel_lookup(int map, const void *keys, size_t key_size, size_t count, void *value);
size_t ckernel_update(int map, const void *keys, size_t key_size, size_t count, const void *value, uint64_t flags);
size_t ckernel_delete(int map, const void *keys, size_t key_size, size_t count);
// Inserts each key and deletes it again: two system calls.
size_t ckernel_pair(int map, const void *keys, size_t key_size, size_t count, const void *value);

// One system call for all: elements done, or a negated errno.
long ckernel_update_batch(int map, const void *keys, const void *values, uint32_t count);
long ckernel_delete_batch(int map, const void *keys, uint32_t count);

// Where a walk is: all zero before the first step.
struct ckernel_position {
    uint64_t place[2];
    bool begun;
};

// Reads the next elements, at most `limit`, in one system call: how many, or a negated errno. At the end the walk
// begins anew.
long ckernel_lookup_batch(int map, struct ckernel_position *position, void *keys, void *values, uint32_t limit);
#endif
