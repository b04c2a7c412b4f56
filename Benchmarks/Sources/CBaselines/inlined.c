#define MAP_CODE INLINED
#define PROGRAM_CODE CALLED
#include "native_programs.h"

native_burst baseline_inlined(const char *name) { return find(name); }
