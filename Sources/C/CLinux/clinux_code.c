#define _GNU_SOURCE
#include "clinux_code.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
// Of Linux 6.3, as MFD_EXEC is; the second flag of 6.6.
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif
#ifndef PR_MDWE_NO_INHERIT
#define PR_MDWE_NO_INHERIT 2
#endif

int clinux_code_file(const char *name) {
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | MFD_EXEC);
    // Linux before 6.3 does not know MFD_EXEC; its files are executable.
    if (fd < 0 && errno == EINVAL) fd = memfd_create(name, flags);
    return fd < 0 ? -errno : fd;
}

int clinux_seal_code_file(int fd) {
    int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    return fcntl(fd, F_ADD_SEALS, seals) < 0 ? errno : 0;
}

#if defined(__x86_64__)
#include <cpuid.h>

// Whether the system saves the registers of AVX: bits 1 and 2 of XCR0.
static int saves_avx(void) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

uint32_t clinux_cpu_features(void) {
    unsigned a, b, c, d;
    uint32_t features = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    if (c & bit_MOVBE) features |= CLINUX_CPU_MOVBE;
    if (c & bit_SSE4_2) features |= CLINUX_CPU_CRC32;
    int avx = c & bit_OSXSAVE && c & bit_AVX && saves_avx();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
    if (b & bit_BMI2) features |= CLINUX_CPU_BMI2;
    if (avx && b & bit_AVX2 && b & bit_BMI) features |= CLINUX_CPU_AVX2;
    return features;
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

// HWCAP_CRC32 and HWCAP_ATOMICS, <asm/hwcap.h> of arm64
uint32_t clinux_cpu_features(void) {
    unsigned long has = getauxval(AT_HWCAP);
    return (has & 1ul << 7 ? CLINUX_CPU_CRC32 : 0) | (has & 1ul << 8 ? CLINUX_CPU_LSE : 0);
}
#else
uint32_t clinux_cpu_features(void) { return 0; }
#endif

void clinux_code_written(const void *start, size_t bytes) {
    __builtin___clear_cache((char *)start, (char *)start + bytes);
}

int clinux_refuse_exec_gain(void) {
    return prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT, 0, 0, 0) < 0 ? errno : 0;
}

#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
// Where the call is `number`, refuses it if all of `bits` are set in an argument.
#define RULE(number, argument, bits)                                                                                 \
    LOAD(offsetof(struct seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),                      \
        LOAD(ARGUMENT(argument)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits),                                         \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1), REFUSE

int clinux_deny_write_execute(void) {
    struct sock_filter code[] = {
        RULE(SYS_mmap, 2, PROT_WRITE | PROT_EXEC),
        RULE(SYS_mprotect, 2, PROT_EXEC),
        RULE(SYS_pkey_mprotect, 2, PROT_EXEC),
        RULE(SYS_shmat, 2, SHM_EXEC),
        ALLOW,
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? errno : 0;
}
