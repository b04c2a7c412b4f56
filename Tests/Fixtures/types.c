// Maps with one of each kind of type, and a switch program that needs options to be told what to do.

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <net/vale_bpf_uapi.h>

enum colour { RED = 1, GREEN = 2, BLUE = 7 };
enum level { LOW = -1, HIGH = 1 };

struct address {
    __u8 mac[6];
    __u16 vlan;
};

struct everything {
    __u8 small;
    __s8 negative;
    __be16 ethertype;
    __u32 count;
    __u64 wide;
    __s64 wide_negative;
    __u32 low : 3;
    __s32 middle : 5;
    __u32 high : 24;
    enum colour colour;
    enum level level;
    char name[8];
    __u16 list[3];
    _Bool flag;
    struct {
        __u16 inner;
    };
    union {
        __u32 word;
        __u8 octets[4];
    } either;
    struct address nested[2];
    double ratio;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct address);
    __type(value, struct everything);
    __uint(max_entries, 64);
} table SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u8[6]);
    __type(value, __u32);
    __uint(max_entries, 4);
} fdb SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 4);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 8);
} array SEC(".maps");

volatile const __u32 egress = VALE_BPF_BROADCAST;
volatile const enum colour shade = RED;
__u64 runs;

SEC("vale")
__u32 forward(struct vale_bpf_md *md) {
    __u32 zero = 0;
    __u64 *counter = bpf_map_lookup_elem(&counters, &zero);
    struct address address = {};

    if (counter)
        ++*counter;
    ++runs;
    bpf_map_lookup_elem(&table, &address);
    bpf_map_lookup_elem(&fdb, &address);
    bpf_map_lookup_elem(&array, &zero);
    return shade == BLUE ? VALE_BPF_DROP : egress;
}

SEC("vale/talk")
__u32 talk(struct vale_bpf_md *md) {
    bpf_printk("port %u", md->ingress_port);
    return VALE_BPF_DROP;
}

SEC("xdp")
int pass(struct xdp_md *context) {
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
