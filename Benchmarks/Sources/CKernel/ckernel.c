#include "ckernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

bool ckernel_may_load(void) {
    const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS}, {.code = BPF_JMP | BPF_EXIT}};
    int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "probe", "GPL", code, 2, NULL);
    if (program < 0)
        return false;
    close(program);
    return true;
}

int ckernel_possible_cpus(void) { return libbpf_num_possible_cpus(); }

struct bpf_object *ckernel_load(const char *path, const char *map, uint32_t max_entries) {
    struct bpf_object *object = bpf_object__open_file(path, NULL);
    if (!object)
        return NULL;
    int result = map ? bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map), max_entries) : 0;
    if (!result)
        result = bpf_object__load(object);
    if (!result)
        return object;
    bpf_object__close(object);
    errno = -result;
    return NULL;
}

void ckernel_close(struct bpf_object *object) { bpf_object__close(object); }

int ckernel_program(struct bpf_object *object, const char *name) {
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);
    return program ? bpf_program__fd(program) : -ENOENT;
}

int ckernel_map(struct bpf_object *object, const char *name) { return bpf_object__find_map_fd_by_name(object, name); }

int ckernel_run(int program, void *frame, uint32_t bytes, uint32_t runs, uint32_t *result, uint32_t *nanoseconds) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = bytes, .data_out = frame,
                .data_size_out = bytes, .repeat = runs);
    int error = bpf_prog_test_run_opts(program, &options);
    *result = options.retval;
    *nanoseconds = options.duration;
    return error;
}

size_t ckernel_lookup(int map, const void *keys, size_t key_size, size_t count, void *value) {
    size_t failures = 0;
    for (size_t n = 0; n < count; n++)
        failures += bpf_map_lookup_elem(map, (const char *)keys + n * key_size, value) != 0;
    return failures;
}

size_t ckernel_update(int map, const void *keys, size_t key_size, size_t count, const void *value, uint64_t flags) {
    size_t failures = 0;
    for (size_t n = 0; n < count; n++)
        failures += bpf_map_update_elem(map, (const char *)keys + n * key_size, value, flags) != 0;
    return failures;
}

size_t ckernel_delete(int map, const void *keys, size_t key_size, size_t count) {
    size_t failures = 0;
    for (size_t n = 0; n < count; n++)
        failures += bpf_map_delete_elem(map, (const char *)keys + n * key_size) != 0;
    return failures;
}

size_t ckernel_pair(int map, const void *keys, size_t key_size, size_t count, const void *value) {
    size_t failures = 0;
    for (size_t n = 0; n < count; n++) {
        const char *key = (const char *)keys + n * key_size;
        failures += bpf_map_update_elem(map, key, value, BPF_NOEXIST) || bpf_map_delete_elem(map, key);
    }
    return failures;
}

long ckernel_update_batch(int map, const void *keys, const void *values, uint32_t count) {
    int error = bpf_map_update_batch(map, keys, values, &count, NULL);
    return error ? error : (long)count;
}

long ckernel_delete_batch(int map, const void *keys, uint32_t count) {
    int error = bpf_map_delete_batch(map, keys, &count, NULL);
    return error ? error : (long)count;
}

long ckernel_lookup_batch(int map, struct ckernel_position *position, void *keys, void *values, uint32_t limit) {
    uint32_t count = limit;
    uint64_t *place = position->place;
    int error = bpf_map_lookup_batch(map, position->begun ? place : NULL, place, keys, values, &count, NULL);
    if (error && error != -ENOENT)
        return error;
    position->begun = !error;
    return count;
}
