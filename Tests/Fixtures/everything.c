// One of each thing that the loader links: typed maps, data sections, static and global subprograms, a callback.

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key {
    __u8 mac[6];
    __u16 vlan;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct key);
    __type(value, __u64);
    __uint(max_entries, 1024);
    __uint(map_flags, BPF_F_NO_PREALLOC);
} table SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 24);
    __uint(max_entries, 4);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} counters SEC(".maps");

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 2);
} first SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 3);
    __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps") = {.values = {&first}};

volatile const __u32 ageing = 300;
volatile const __u8 address[6] = {2, 0, 0, 0, 0, 1};
__u64 total;
__u32 threshold = 5;
static volatile __u32 hidden = 7;
__u32 custom SEC(".data.custom") = 9;

static __attribute__((noinline)) __u32 scale(__u32 x) {
    return x * threshold + ageing;
}

static long visit(void *map, void *key, void *value, void *context) {
    hidden++;
    return 0;
}

__attribute__((noinline)) __u32 shared(__u32 x) {
    return scale(x) + custom;
}

SEC("xdp")
int entry(struct xdp_md *context) {
    struct key key = {.vlan = 1};
    __u64 *value = bpf_map_lookup_elem(&table, &key);
    __u32 zero = 0;
    __u64 *counter = bpf_map_lookup_elem(&counters, &zero);

    if (counter)
        ++*counter;
    bpf_for_each_map_elem(&table, visit, 0, 0);
    bpf_printk("total %llu", total);
    total++;
    return value ? shared(*value) : scale(address[5]);
}

SEC("xdp/second")
int second(struct xdp_md *context) {
    return shared(3);
}

SEC("vale")
int third(void *context) {
    return 254;
}

char LICENSE[] SEC("license") = "GPL";
