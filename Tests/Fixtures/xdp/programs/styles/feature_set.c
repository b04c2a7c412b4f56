/*
 * In the style of xdp-tools: one source for several sets of features, each a program of its own made by macros that are
 * redefined, with a section that tells a dispatcher the priority and which verdicts go on, and tables that user space pins
 * by name. Filters Ethernet, IPv4, IPv6 and ports, as source or destination, in a list of what is allowed or of what is
 * denied.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define MAP_FLAG_SRC (1 << 0)
#define MAP_FLAG_DST (1 << 1)
#define MAP_FLAG_TCP (1 << 2)
#define MAP_FLAG_UDP (1 << 3)
#define MAP_FLAGS (MAP_FLAG_SRC | MAP_FLAG_DST | MAP_FLAG_TCP | MAP_FLAG_UDP)
#define COUNTER_SHIFT 6

#define XDP_RUN_CONFIG(f) _CONCAT(_, f) SEC(".xdp_run_config")
#define _CONCAT(a, b) a##b

char _license[] SEC("license") = "GPL";
__u32 _version SEC("version") = 1;

struct {
	__uint(priority, 10);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdpfilt_alw_all);

struct {
	__uint(priority, 10);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(xdpfilt_dny_all);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} filter_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10000);
	__type(key, __u32);
	__type(value, __u64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} filter_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10000);
	__type(key, struct in6_addr);
	__type(value, __u64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} filter_ipv6 SEC(".maps");

typedef struct {
	__u8 addr[ETH_ALEN];
} ethaddr_t;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10000);
	__type(key, ethaddr_t);
	__type(value, __u64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} filter_ethernet SEC(".maps");

#define CHECK_MAP(map, key, mask)					\
	do {								\
		__u64 *value = bpf_map_lookup_elem(map, key);		\
		if ((value) && (*(value) & (mask)) == (mask)) {		\
			*value += (1 << COUNTER_SHIFT);			\
			return VERDICT_HIT;				\
		}							\
	} while (0)

#define VERDICTS(name, hit, miss)							\
static int __always_inline name##_ports(void *data, void *data_end, __u8 proto)		\
{											\
	const int VERDICT_HIT = hit, VERDICT_MISS = miss;				\
	__u64 flag = proto == IPPROTO_TCP ? MAP_FLAG_TCP : MAP_FLAG_UDP;		\
	__u16 *ports = data;								\
	__u32 key;									\
											\
	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP)				\
		return VERDICT_MISS;							\
	if ((void *)(ports + 2) > data_end)						\
		return -1;								\
	key = ports[1];									\
	CHECK_MAP(&filter_ports, &key, MAP_FLAG_DST | flag);				\
	key = ports[0];									\
	CHECK_MAP(&filter_ports, &key, MAP_FLAG_SRC | flag);				\
	return VERDICT_MISS;								\
}											\
static int __always_inline name##_ipv4(struct iphdr *iph)				\
{											\
	const int VERDICT_HIT = hit, VERDICT_MISS = miss;				\
	__u32 addr = iph->daddr;							\
											\
	CHECK_MAP(&filter_ipv4, &addr, MAP_FLAG_DST);					\
	addr = iph->saddr;								\
	CHECK_MAP(&filter_ipv4, &addr, MAP_FLAG_SRC);					\
	return VERDICT_MISS;								\
}											\
static int __always_inline name##_ipv6(struct ipv6hdr *ip6h)				\
{											\
	const int VERDICT_HIT = hit, VERDICT_MISS = miss;				\
	struct in6_addr addr = ip6h->daddr;						\
											\
	CHECK_MAP(&filter_ipv6, &addr, MAP_FLAG_DST);					\
	addr = ip6h->saddr;								\
	CHECK_MAP(&filter_ipv6, &addr, MAP_FLAG_SRC);					\
	return VERDICT_MISS;								\
}											\
static int __always_inline name##_ethernet(struct ethhdr *eth)				\
{											\
	const int VERDICT_HIT = hit, VERDICT_MISS = miss;				\
	ethaddr_t addr = {};								\
											\
	__builtin_memcpy(&addr, eth->h_dest, sizeof(addr));				\
	CHECK_MAP(&filter_ethernet, &addr, MAP_FLAG_DST);				\
	__builtin_memcpy(&addr, eth->h_source, sizeof(addr));				\
	CHECK_MAP(&filter_ethernet, &addr, MAP_FLAG_SRC);				\
	return VERDICT_MISS;								\
}											\
SEC("xdp")										\
int xdpfilt_##name##_all(struct xdp_md *ctx)						\
{											\
	void *data_end = (void *)(long)ctx->data_end, *data = (void *)(long)ctx->data;	\
	struct ethhdr *eth = data;							\
	int action;									\
	__u8 proto;									\
											\
	if ((void *)(eth + 1) > data_end)						\
		return XDP_ABORTED;							\
	data = eth + 1;									\
	if (eth->h_proto == bpf_htons(ETH_P_IP)) {					\
		struct iphdr *iph = data;						\
											\
		if ((void *)(iph + 1) > data_end || iph->ihl != 5)			\
			return XDP_ABORTED;						\
		data = iph + 1;								\
		proto = iph->protocol;							\
		if ((action = name##_ports(data, data_end, proto)) != miss)		\
			goto out;							\
		if ((action = name##_ipv4(iph)) != miss)				\
			goto out;							\
	} else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {				\
		struct ipv6hdr *ip6h = data;						\
											\
		if ((void *)(ip6h + 1) > data_end)					\
			return XDP_ABORTED;						\
		data = ip6h + 1;							\
		proto = ip6h->nexthdr;							\
		if ((action = name##_ports(data, data_end, proto)) != miss)		\
			goto out;							\
		if ((action = name##_ipv6(ip6h)) != miss)				\
			goto out;							\
	}										\
	action = name##_ethernet(eth);							\
out:											\
	return action < 0 ? XDP_ABORTED : action;					\
}

VERDICTS(alw, XDP_DROP, XDP_PASS)
VERDICTS(dny, XDP_PASS, XDP_DROP)
