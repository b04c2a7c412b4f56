// The programs with one kind of MAP_CODE and PROGRAM_CODE, and a function to find them: included once for each kind.
#define INLINED inline __attribute__((always_inline))
#define CALLED __attribute__((noinline, unused))
#include "../../programs/programs.c"

static native_burst find(const char *name) {
    static const struct {
        const char *name;
        native_burst burst;
    } programs[] = {
        {"no_logic", no_logic_burst},
        {"packet_count", packet_count_burst},
        {"bridge", bridge_burst},
        {"hash_bridge", hash_bridge_burst},
        {"load_balancer", load_balancer_burst},
        {"fill_load_balancer", fill_load_balancer_burst},
        {"mix32", mix32_burst},
        {"mix64", mix64_burst},
    };
    for (size_t n = 0; n < sizeof(programs) / sizeof(*programs); n++)
        if (!strcmp(programs[n].name, name))
            return programs[n].burst;
    return NULL;
}
