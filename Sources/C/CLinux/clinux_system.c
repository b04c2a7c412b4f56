// Shims that need _GNU_SOURCE, which would make the headers' types differ from those of Swift's Glibc overlay.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clinux_system.h"

int clinux_pin_thread(unsigned cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

unsigned clinux_numa_node(void) {
    unsigned cpu, node;
    return getcpu(&cpu, &node) ? 0 : node;
}

int clinux_enter_network_namespace(int fd) { return setns(fd, CLONE_NEWNET) < 0 ? errno : 0; }

int clinux_memory_file(const char *name, uint64_t bytes) {
    int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0) return -errno;
    if (ftruncate(file, (off_t)bytes) < 0) {
        int error = errno;
        close(file);
        return -error;
    }
    return file;
}
