// syscall() needs _GNU_SOURCE.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
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

int clinux_bpf_map_take(int map, const void *key, void *value) {
    return element(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, key, value, 0);
}

int clinux_bpf_map_create_with(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
                               uint32_t flags, const struct clinux_bpf_map_extra *extra) {
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.map_type = type;
    attr.key_size = key_size;
    attr.value_size = value_size;
    attr.max_entries = max_entries;
    attr.map_flags = flags;
    attr.map_extra = extra->map_extra;
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

int clinux_perf_open_bpf_output(int cpu) {
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(attr),
        .config = PERF_COUNT_SW_BPF_OUTPUT,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_RAW,
        .wakeup_events = 1,
    };
    long result = syscall(__NR_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    return result < 0 ? -errno : (int)result;
}

int clinux_bpf_program_run(int program, struct clinux_bpf_run *run) {
    struct xdp_md before = {.data = run->metadata, .data_end = run->packet_size}, after = before;
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.test.prog_fd = (uint32_t)program;
    attr.test.data_in = (uint64_t)(uintptr_t)run->packet;
    attr.test.data_size_in = run->packet_size;
    attr.test.data_out = (uint64_t)(uintptr_t)run->output;
    attr.test.data_size_out = run->room;
    attr.test.ctx_in = (uint64_t)(uintptr_t)&before;
    attr.test.ctx_size_in = sizeof(before);
    attr.test.ctx_out = (uint64_t)(uintptr_t)&after;
    attr.test.ctx_size_out = sizeof(after);

    cpu_set_t own, first;
    if (sched_getaffinity(0, sizeof(own), &own) < 0) return -errno;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    if (sched_setaffinity(0, sizeof(first), &first) < 0) return -errno;
    int result = call(BPF_PROG_TEST_RUN, &attr);
    sched_setaffinity(0, sizeof(own), &own);
    if (result < 0) return result;
    run->room = attr.test.data_size_out;
    run->metadata_out = after.data - after.data_meta;
    run->verdict = attr.test.retval;
    return 0;
}
