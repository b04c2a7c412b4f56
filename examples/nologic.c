/*
 * The smallest program that forwards: a hub. Every frame goes to every port but the one that it came from.
 *
 * What is left to measure when the program does nothing. In the style of the original vale-bpf: a global function, no
 * section, no license.
 */
#include <net/vale_bpf_uapi.h>

uint32_t nologic(struct vale_bpf_md *md) {
    return VALE_BPF_BROADCAST;
}
