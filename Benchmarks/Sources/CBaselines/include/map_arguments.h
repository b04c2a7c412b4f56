// What a run of programs/maps.c reads from its frame, and leaves there.
#ifndef MAP_ARGUMENTS_H
#define MAP_ARGUMENTS_H
#include <stdint.h>

// Operations in one run.
#define MAP_OPERATIONS 256

struct map_arguments {
    // Of the random numbers: xorshift64, never 0.
    uint64_t state;
    // What was read, so that nothing is optimised away.
    uint64_t sum;
    // Not 0 once an operation did not end as expected.
    uint64_t failures;
    // Time of the first and of the second operation.
    uint64_t first_ns;
    uint64_t second_ns;
    // Number of entries less 1.
    uint32_t mask;
    // The first number that no entry has, and how many more there are room for, less 1.
    uint32_t absent;
    uint32_t spare;
    // Operations on absent entries so far.
    uint32_t counter;
    // Runs within one, in Linux.
    uint32_t runs;
    uint32_t unused;
};
#endif
