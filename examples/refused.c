/*
 * A program that is refused: it makes sure that the frame holds an Ethernet header, and then reads the IPv4 header
 * behind it, which may not be there.
 *
 *     swale verify build/examples/refused.o
 *
 * tells which line, and what is missing. Compare ip + 1 rather than eth + 1 with the end, and it is accepted.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <net/vale_bpf_uapi.h>

SEC("vale")
uint32_t refused(struct vale_bpf_md *md) {
    struct ethhdr *eth = md->data;
    struct iphdr *ip = (void *)(eth + 1);

    if ((void *)(eth + 1) > md->data_end || eth->h_proto != bpf_htons(ETH_P_IP))
        return VALE_BPF_BROADCAST;
    return ip->ttl > 1 ? VALE_BPF_BROADCAST : VALE_BPF_DROP;
}
