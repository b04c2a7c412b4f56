#define MAP_CODE CALLED
#define PROGRAM_CODE CALLED
#include "native_programs.h"

native_burst baseline_called(const char *name) { return find(name); }
