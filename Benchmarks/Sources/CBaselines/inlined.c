#define MAP_CODE inline __attribute__((always_inline))
#include "native_programs.h"

native_burst baseline_inlined(const char *name) { return find(name); }
