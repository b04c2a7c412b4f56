/* What a tail call takes: a program that calls itself until it may no more, after 33 calls, and one that calls nothing. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int tail_calls(struct xdp_md *c);

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __array(values, int(void *));
} next SEC(".maps") = {.values = {[0] = (void *)&tail_calls}};

SEC("xdp") int tail_calls(struct xdp_md *c) {
    bpf_tail_call(c, &next, 0);
    return XDP_DROP;
}

SEC("xdp") int no_call(struct xdp_md *c) {
    asm volatile("" ::"r"(c));
    return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
