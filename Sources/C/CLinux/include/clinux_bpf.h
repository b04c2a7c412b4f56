// bpf(2): glibc has no wrapper, and union bpf_attr is unwieldy in Swift. Map commands only.
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
#endif
