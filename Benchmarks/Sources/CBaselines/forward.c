#define _GNU_SOURCE
#include "include/baselines.h"

#include <sched.h>
#include <string.h>

#define BURST 256
#define FLOOD 254

size_t baseline_forward(
    native_burst program, const struct native_ring *in, struct native_ring *out, size_t count, size_t length) {
    struct native_frame frames[BURST];
    struct native_result results[BURST];
    size_t sent = 0;

    for (size_t start = 0; start < count; start += BURST) {
        size_t burst = count - start < BURST ? count - start : BURST;
        for (size_t n = 0; n < burst; n++) {
            uint8_t *data = in->memory + (start + n) * in->stride;
            frames[n] = (struct native_frame){.data = data, .data_end = data + length, .data_meta = data};
        }
        program(frames, burst, results);
        for (size_t n = 0; n < burst; n++)
            if (results[n].value == 1 || results[n].value == FLOOD)
                memcpy(out->memory + sent++ * out->stride, frames[n].data, length);
    }
    return sent;
}

int baseline_keep_off(int cpu) {
    cpu_set_t cpus;

    if (sched_getaffinity(0, sizeof(cpus), &cpus) || !CPU_ISSET(cpu, &cpus))
        return 0;
    CPU_CLR(cpu, &cpus);
    return sched_setaffinity(0, sizeof(cpus), &cpus);
}
