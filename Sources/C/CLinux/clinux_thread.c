#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>

#include "clinux_thread.h"

void clinux_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_last_cpu(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set)) return -1;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
        if (CPU_ISSET(cpu, &set)) return cpu;
    return -1;
}

void clinux_avoid_cpu(uint32_t cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(set), &set)) return;
    CPU_CLR(cpu, &set);
    if (CPU_COUNT(&set)) sched_setaffinity(0, sizeof(set), &set);
}
