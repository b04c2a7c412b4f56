// What native code needs of the system and the processor.
#ifndef CLINUX_CODE_H
#define CLINUX_CODE_H
#include <stddef.h>
#include <stdint.h>

// A memory file that can be sealed and run from; memfd_create needs _GNU_SOURCE. A descriptor or a negated errno.
int clinux_code_file(const char *name);

// Forbids every further change of the file: fcntl's seals need _GNU_SOURCE. 0 or an errno.
int clinux_seal_code_file(int fd);

// The processor fetches no instructions of this memory that it saw before they were written; on x86-64 it never does.
// A builtin of the compiler.
void clinux_code_written(const void *start, size_t bytes);

// Instructions beyond the baseline that the processor has and the system lets run; CPUID has no Swift form.
#define CLINUX_CPU_BMI2 1u
#define CLINUX_CPU_MOVBE 2u
// AVX2 and BMI1.
#define CLINUX_CPU_AVX2 4u
// CRC-32C: SSE4.2 of x86-64, an extension of arm64.
#define CLINUX_CPU_CRC32 8u
#define CLINUX_CPU_LSE 0x10000u
uint32_t clinux_cpu_features(void);

// CRC-32C of 8 bytes, as the instructions give it, without inversions; where CLINUX_CPU_CRC32 is. Compilers' builtins
// for it want the whole module to be built for such a processor.
static inline uint32_t clinux_crc32c(uint32_t sum, uint64_t word) {
#if defined(__x86_64__)
    uint64_t result = sum;
    __asm__("crc32q %1, %0" : "+r"(result) : "r"(word));
    return (uint32_t)result;
#elif defined(__aarch64__)
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(sum) : "r"(word));
    return sum;
#else
    (void)word;
    return sum;
#endif
}

// prctl is variadic. PR_SET_MDWE (Linux 6.6): this process gains no executable memory by a change of protection from
// here on; those that it starts may. 0 or an errno.
int clinux_refuse_exec_gain(void);

// A seccomp filter as systemd's MemoryDenyWriteExecute installs it: no mmap of what is writable and executable, no
// mprotect, pkey_mprotect or shmat that makes memory executable; each fails with EPERM. 0 or an errno.
int clinux_deny_write_execute(void);
#endif
