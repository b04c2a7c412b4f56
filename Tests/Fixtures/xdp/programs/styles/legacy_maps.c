/*
 * In the style of programs from before BTF: maps are structures of numbers in a section `maps`, annotated with types by
 * a macro, helpers are pointers to functions cast from numbers, and sections are named after what the program does.
 * Counts IP protocols, and drops hosts that a table names or that send too much.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#define SEC(NAME) __attribute__((section(NAME), used))
#define __inline inline __attribute__((always_inline))

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

#define BPF_ANNOTATE_KV_PAIR(name, type_key, type_val)		\
	struct ____btf_map_##name {				\
		type_key key;					\
		type_val value;					\
	};							\
	struct ____btf_map_##name				\
	__attribute__ ((section(".maps." #name), used))		\
		____btf_map_##name = { }

static void *(*bpf_map_lookup_elem)(void *map, void *key) = (void *) BPF_FUNC_map_lookup_elem;
static int (*bpf_map_update_elem)(void *map, void *key, void *value, unsigned long long flags) =
	(void *) BPF_FUNC_map_update_elem;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
# define htons(x) ((__be16)__builtin_bswap16(x))
#else
# define htons(x) (x)
#endif

struct bpf_map_def SEC("maps") rxcnt = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(long),
	.max_entries = 256,
};

struct bpf_map_def SEC("maps") blacklist = {
	.type        = BPF_MAP_TYPE_PERCPU_HASH,
	.key_size    = sizeof(__u32),
	.value_size  = sizeof(__u64),
	.max_entries = 1000,
	.map_flags   = BPF_F_NO_PREALLOC,
};

struct bpf_map_def SEC("maps") talkers = {
	.type        = BPF_MAP_TYPE_LRU_HASH,
	.key_size    = sizeof(__u32),
	.value_size  = sizeof(__u32),
	.max_entries = 10000,
};

struct bpf_map_def SEC("maps") limits = {
	.type        = BPF_MAP_TYPE_ARRAY,
	.key_size    = sizeof(__u32),
	.value_size  = sizeof(__u32),
	.max_entries = 1,
};

static __inline int parse_ipv4(void *data, __u64 nh_off, void *data_end, __u32 *source)
{
	struct iphdr *iph = data + nh_off;

	if (iph + 1 > (struct iphdr *)data_end)
		return 0;
	*source = iph->saddr;
	return iph->protocol;
}

static __inline int parse_ipv6(void *data, __u64 nh_off, void *data_end)
{
	struct ipv6hdr *ip6h = data + nh_off;

	if (ip6h + 1 > (struct ipv6hdr *)data_end)
		return 0;
	return ip6h->nexthdr;
}

SEC("xdp1")
int xdp_prog1(struct xdp_md *ctx)
{
	void *data_end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	struct ethhdr *eth = data;
	__u32 source = 0, ipproto, zero = 0, one = 1, *seen, *limit;
	__u64 nh_off = sizeof(*eth), *value;
	__u16 h_proto;
	long *count;

	if (data + nh_off > data_end)
		return XDP_DROP;
	h_proto = eth->h_proto;
	if (h_proto == htons(ETH_P_IP))
		ipproto = parse_ipv4(data, nh_off, data_end, &source);
	else if (h_proto == htons(ETH_P_IPV6))
		ipproto = parse_ipv6(data, nh_off, data_end);
	else
		ipproto = 0;
	count = bpf_map_lookup_elem(&rxcnt, &ipproto);
	if (count)
		*count += 1;
	if (!source)
		return XDP_PASS;
	value = bpf_map_lookup_elem(&blacklist, &source);
	if (value) {
		*value += 1;
		return XDP_DROP;
	}
	seen = bpf_map_lookup_elem(&talkers, &source);
	if (!seen) {
		bpf_map_update_elem(&talkers, &source, &one, BPF_NOEXIST);
		return XDP_PASS;
	}
	*seen += 1;
	limit = bpf_map_lookup_elem(&limits, &zero);
	if (limit && *limit && *seen > *limit)
		return XDP_ABORTED;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
