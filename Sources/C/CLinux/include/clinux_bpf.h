// bpf(2): glibc has no wrapper, and union bpf_attr is unwieldy in Swift.
#ifndef CLINUX_BPF_H
#define CLINUX_BPF_H
#include <stdint.h>

// All return a descriptor or 0, or a negated errno.
int clinux_bpf_map_create(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags);
int clinux_bpf_map_lookup(int map, const void *key, void *value);
int clinux_bpf_map_update(int map, const void *key, const void *value, uint64_t flags);
int clinux_bpf_map_delete(int map, const void *key);
int clinux_bpf_map_next_key(int map, const void *key, void *next);
int clinux_bpf_map_freeze(int map);
// Takes an element of a queue or stack; `key` is null for those.
int clinux_bpf_map_take(int map, const void *key, void *value);

// What few maps need beside that. Descriptors are -1, type ids 0 where there is none.
struct clinux_bpf_map_extra {
    int inner_map;
    int btf;
    uint32_t key_type;
    uint32_t value_type;
    uint64_t map_extra;
};
int clinux_bpf_map_create_with(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
                               uint32_t flags, const struct clinux_bpf_map_extra *extra);

int clinux_bpf_btf_load(const void *data, uint32_t size);

struct clinux_bpf_program {
    uint32_t type;
    uint32_t expected_attach_type;
    uint32_t flags;
    uint32_t log_level;
    const uint64_t *instructions;
    uint32_t instruction_count;
    // Pairs of instruction slot and BTF type id, one a function; none if btf is -1.
    uint32_t function_count;
    const uint32_t *functions;
    int btf;
    uint32_t log_size;
    char *log;
};
// Loads it under the license GPL. The log ends with a zero byte.
int clinux_bpf_program_load(const struct clinux_bpf_program *program);

// An event that bpf_perf_event_output of programs on `cpu` writes records to, raw ones. A descriptor or a negated errno.
int clinux_perf_open_bpf_output(int cpu);

struct clinux_bpf_run {
    const void *packet;
    uint32_t packet_size;
    // Room in, bytes of the packet afterwards out; -ENOSPC where they don't fit.
    uint32_t room;
    void *output;
    // Bytes of metadata in front of `packet`, which counts them in, before; and of `output` afterwards.
    uint32_t metadata;
    uint32_t metadata_out;
    uint32_t verdict;
};
// Runs an XDP program once (BPF_PROG_TEST_RUN), on CPU 0 and for the first queue of the loopback interface.
int clinux_bpf_program_run(int program, struct clinux_bpf_run *run);
#endif
