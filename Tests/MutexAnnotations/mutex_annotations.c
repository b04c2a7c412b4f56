// The path of Swift's Mutex without contention is compiled into its callers, and ThreadSanitizer sees it. The other path is
// in a library that was not built for it: what one thread left to the next under a contended Mutex counts as a race. So
// that path is found here first, and says what it does.
#if __has_feature(thread_sanitizer)

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#include "mutex_annotations.h"

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT_SELF __attribute__((swift_context)) void *

void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef __attribute__((swiftcall)) void (*lock_slow_function)(uint32_t thread, SWIFT_SELF handle);
typedef __attribute__((swiftcall)) void (*unlock_slow_function)(SWIFT_SELF handle);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SWIFT_SELF handle) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void unlock_slow(SWIFT_SELF handle) __asm__(UNLOCK_SLOW);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SWIFT_SELF handle) {
    ((lock_slow_function)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, handle);
    __tsan_acquire(handle);
}

__attribute__((swiftcall)) void unlock_slow(SWIFT_SELF handle) {
    unlock_slow_function next = (unlock_slow_function)dlsym(RTLD_NEXT, UNLOCK_SLOW);
    __tsan_release(handle);
    next(handle);
}

#endif
