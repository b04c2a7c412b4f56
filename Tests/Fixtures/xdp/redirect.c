/*
 * Where packets can go, and the kinds of maps that go with it: user space by AF_XDP sockets, other CPUs, other
 * interfaces, all interfaces but one; work handed over in queues and stacks, a bloom filter in front of a table, tables
 * of each tenant in a hash of maps, counters of other CPUs.
 */
#include "include/jhash.h"
#include "include/packet.h"

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 64);
} sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __type(key, __u32);
    __type(value, struct bpf_cpumap_val);
    __uint(max_entries, 64);
} cpus SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
    __type(key, __u32);
    __type(value, struct bpf_devmap_val);
    __uint(max_entries, 64);
} everyone SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 64);
} loads SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __type(value, __u64);
    __uint(max_entries, 1024);
} ports_in_use SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_STACK);
    __type(value, __u64);
    __uint(max_entries, 1024);
} ports_free SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
    __type(value, __be32);
    __uint(map_extra, 3);
    __uint(max_entries, 10000);
} suspects SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __be32);
    __type(value, __u64);
    __uint(max_entries, 10000);
} convicts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 64);
    __array(
        values, struct {
            __uint(type, BPF_MAP_TYPE_ARRAY);
            __type(key, __u32);
            __type(value, __u64);
            __uint(max_entries, 256);
        });
} tenants SEC(".maps");

volatile const __u32 cpu_count = 4;
static const char health[] = "GET /health";

SEC("xdp")
int redirect_sockets(struct xdp_md *ctx) {
    __u32 queue = ctx->rx_queue_index;

    if (bpf_map_lookup_elem(&sockets, &queue))
        return bpf_redirect_map(&sockets, queue, XDP_PASS);
    return XDP_PASS;
}

SEC("xdp")
int redirect_cpus(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_proto != bpf_htons(ETH_P_IP))
        return XDP_PASS;
    struct iphdr *ip = take(&cursor, sizeof(*ip));

    if (!ip || cpu_count == 0)
        return XDP_DROP;
    __u32 cpu = jhash_3words(ip->saddr ^ ip->daddr, ip->protocol, 0, 0) % cpu_count;
    __u64 *load = bpf_map_lookup_percpu_elem(&loads, &cpu, cpu);
    __u64 *mine = bpf_map_lookup_elem(&loads, &cpu);

    if (load && mine && *load > *mine + 10000)
        return XDP_DROP;
    if (mine)
        ++*mine;
    return bpf_redirect_map(&cpus, cpu, XDP_PASS);
}

SEC("xdp")
int redirect_everyone(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    if (eth->h_dest[0] & 1)
        return bpf_redirect_map(&everyone, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
    __u32 key = eth->h_dest[5];
    struct bpf_devmap_val *to = bpf_map_lookup_elem(&everyone, &key);

    if (!to)
        return XDP_DROP;
    if (to->ifindex == ctx->ingress_ifindex)
        return XDP_TX;
    __u32 mtu = 0;

    if (bpf_check_mtu(ctx, to->ifindex, &mtu, 0, 0))
        return XDP_DROP;
    return bpf_redirect_map(&everyone, key, XDP_DROP);
}

SEC("xdp")
int redirect_queues(struct xdp_md *ctx) {
    __u64 port = 0, oldest = 0;

    if (bpf_map_pop_elem(&ports_free, &port)) {
        if (bpf_map_peek_elem(&ports_in_use, &oldest) || bpf_jiffies64() - (oldest >> 16) < 1000)
            return XDP_DROP;
        if (bpf_map_pop_elem(&ports_in_use, &port))
            return XDP_DROP;
    }
    port = (port & 0xffff) | bpf_jiffies64() << 16;
    bpf_map_push_elem(&ports_in_use, &port, BPF_EXIST);
    struct cursor cursor = packet_of(ctx);
    struct {
        struct ethhdr eth;
        struct iphdr ip;
        struct udphdr udp;
    } __attribute__((packed)) *packet = take(&cursor, sizeof(*packet));

    if (!packet || packet->ip.protocol != IPPROTO_UDP)
        return XDP_PASS;
    packet->udp.check = adjust_checksum(packet->udp.check, packet->udp.source, port);
    packet->udp.source = port;
    return XDP_TX;
}

SEC("xdp")
int redirect_suspects(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct {
        struct ethhdr eth;
        struct iphdr ip;
    } __attribute__((packed)) *packet = take(&cursor, sizeof(*packet));

    if (!packet)
        return XDP_DROP;
    __be32 source = packet->ip.saddr;

    if (bpf_map_peek_elem(&suspects, &source))
        return XDP_PASS;
    __u64 *hits = bpf_map_lookup_elem(&convicts, &source);

    if (hits) {
        __sync_fetch_and_add(hits, 1);
        return XDP_DROP;
    }
    if (bpf_get_prandom_u32() % 1000 == 0) {
        __u64 one = 1;

        bpf_map_update_elem(&convicts, &source, &one, BPF_NOEXIST);
        bpf_map_push_elem(&suspects, &source, BPF_ANY);
    }
    return XDP_PASS;
}

SEC("xdp")
int redirect_tenants(struct xdp_md *ctx) {
    __u32 tenant = ctx->ingress_ifindex;
    void *table = bpf_map_lookup_elem(&tenants, &tenant);

    if (!table) {
        tenant = 0;
        table = bpf_map_lookup_elem(&tenants, &tenant);
        if (!table)
            return XDP_PASS;
    }
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    __u32 key = eth->h_source[5];
    __u64 *value = bpf_map_lookup_elem(table, &key);

    if (!value)
        return XDP_DROP;
    ++*value;
    __u8 text[16] = {};

    if (bpf_xdp_load_bytes(ctx, 54, text, sizeof(text)) == 0
        && bpf_strncmp((const char *)text, sizeof(health) - 1, health) == 0) {
        bpf_printk("health check of tenant %d on cpu %d", tenant, bpf_get_smp_processor_id());
        return XDP_TX;
    }
    return *value & 1 ? bpf_redirect(ctx->ingress_ifindex, 0) : XDP_PASS;
}

/* Run by the cpumap's entry, on the CPU that the packet was sent to. */
SEC("xdp/cpumap")
int redirect_on_cpu(struct xdp_md *ctx) {
    __u32 cpu = bpf_get_smp_processor_id();
    __u64 *load = bpf_map_lookup_elem(&loads, &cpu);

    if (load && *load)
        --*load;
    return ctx->data_end - ctx->data < 60 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
