// syscall() needs _GNU_SOURCE.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clinux_bpf.h"

static int call(int command, union bpf_attr *attr) {
    long result = syscall(__NR_bpf, command, attr, sizeof(*attr));
    return result < 0 ? -errno : (int)result;
}

static int element(int command, int map, const void *key, const void *value, uint64_t flags) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)map;
    attr.key = (uint64_t)(uintptr_t)key;
    attr.value = (uint64_t)(uintptr_t)value;
    attr.flags = flags;
    return call(command, &attr);
}

int clinux_bpf_map_create(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries, uint32_t flags) {
    const struct clinux_bpf_map_extra none = {.inner_map = -1, .btf = -1};
    return clinux_bpf_map_create_with(type, key_size, value_size, max_entries, flags, &none);
}

int clinux_bpf_map_lookup(int map, const void *key, void *value) {
    return element(BPF_MAP_LOOKUP_ELEM, map, key, value, 0);
}

int clinux_bpf_map_update(int map, const void *key, const void *value, uint64_t flags) {
    return element(BPF_MAP_UPDATE_ELEM, map, key, value, flags);
}

int clinux_bpf_map_delete(int map, const void *key) { return element(BPF_MAP_DELETE_ELEM, map, key, 0, 0); }

int clinux_bpf_map_next_key(int map, const void *key, void *next) {
    return element(BPF_MAP_GET_NEXT_KEY, map, key, next, 0);
}

int clinux_bpf_map_freeze(int map) { return element(BPF_MAP_FREEZE, map, 0, 0, 0); }

int clinux_bpf_map_create_with(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
                               uint32_t flags, const struct clinux_bpf_map_extra *extra) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.map_type = type;
    attr.key_size = key_size;
    attr.value_size = value_size;
    attr.max_entries = max_entries;
    attr.map_flags = flags;
    if (extra->inner_map >= 0) attr.inner_map_fd = (uint32_t)extra->inner_map;
    if (extra->btf >= 0) {
        attr.btf_fd = (uint32_t)extra->btf;
        attr.btf_key_type_id = extra->key_type;
        attr.btf_value_type_id = extra->value_type;
    }
    return call(BPF_MAP_CREATE, &attr);
}

int clinux_bpf_btf_load(const void *data, uint32_t size) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.btf = (uint64_t)(uintptr_t)data;
    attr.btf_size = size;
    return call(BPF_BTF_LOAD, &attr);
}

int clinux_bpf_program_load(const struct clinux_bpf_program *program) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.prog_type = program->type;
    attr.expected_attach_type = program->expected_attach_type;
    attr.prog_flags = program->flags;
    attr.insns = (uint64_t)(uintptr_t)program->instructions;
    attr.insn_cnt = program->instruction_count;
    attr.license = (uint64_t)(uintptr_t) "GPL";
    attr.log_level = program->log_level;
    attr.log_buf = (uint64_t)(uintptr_t)program->log;
    attr.log_size = program->log_size;
    if (program->btf >= 0) {
        attr.prog_btf_fd = (uint32_t)program->btf;
        attr.func_info = (uint64_t)(uintptr_t)program->functions;
        attr.func_info_cnt = program->function_count;
        attr.func_info_rec_size = 2 * sizeof(uint32_t);
    }
    return call(BPF_PROG_LOAD, &attr);
}
