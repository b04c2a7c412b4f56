// Runs of a program within one run in Linux: a millisecond or so.
#ifndef REPEATS_H
#define REPEATS_H

#define REPEATS 32768
// Of the loops of arithmetic, each of 1,000 steps.
#define MIX_REPEATS 32
#define MIX_STEPS 1000

#endif
