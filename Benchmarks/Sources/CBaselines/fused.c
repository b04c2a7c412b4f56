#define MAP_CODE INLINED
#define PROGRAM_CODE INLINED
#include "native_programs.h"

native_burst baseline_fused(const char *name) { return find(name); }
