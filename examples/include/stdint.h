/*
 * The system's <stdint.h> where its other headers are on the include path (programs may mix it with <sys/types.h>),
 * else the types alone: without the multiarch folder, clang -target bpf does not find what the system's needs.
 */
#if __has_include(<bits/wordsize.h>) && __has_include_next(<stdint.h>)
#include_next <stdint.h>
#elif !defined(SWALE_STDINT_H)
#define SWALE_STDINT_H

typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;

#define UINT8_MAX 0xff
#define UINT16_MAX 0xffff
#define UINT32_MAX 0xffffffffU
#define UINT64_MAX 0xffffffffffffffffULL

#endif
