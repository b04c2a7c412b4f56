// Threads of the dataplane: their names, and the CPUs that they may use.
#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H
#include <stdint.h>

// Names the calling thread, as /proc/PID/task/TID/comm shows it; prctl() is variadic, which Swift does not import.
void clinux_name_thread(const char *name);

// The highest-numbered CPU that the calling thread may run on, or -1; cpu_set_t is read by macros.
int clinux_last_cpu(void);

// Keeps the calling thread off a CPU, if there is another that it may run on.
void clinux_avoid_cpu(uint32_t cpu);
#endif
