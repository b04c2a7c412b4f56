// Threads of the dataplane: their names, and the CPUs that they may use.
#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

// Names the calling thread, as /proc/PID/task/TID/comm shows it; prctl() is variadic, which Swift does not import.
void clinux_name_thread(const char *name);

// The highest-numbered CPU that the calling thread may run on, or -1; cpu_set_t is read by macros.
int clinux_last_cpu(void);
#endif
