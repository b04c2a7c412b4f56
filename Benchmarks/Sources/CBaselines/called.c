#define MAP_CODE __attribute__((noinline, unused))
#include "native_programs.h"

native_burst baseline_called(const char *name) { return find(name); }
