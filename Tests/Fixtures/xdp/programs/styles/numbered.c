/*
 * In the style of programs for iproute2's loader: maps are structures of 36 bytes with an id and a scope of pinning,
 * programs for a tail call stand in sections of the form `id/key`, which name the program array and the place in it, and
 * the classifier's own section is called `prog`. Stages of a parser: Ethernet, then by EtherType, then by protocol.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdint.h>

#define __section(NAME) __attribute__((section(NAME), used))
#define __stringify(X) #X
#define __section_tail(ID, KEY) __section(__stringify(ID/KEY))
#define BPF_FUNC(NAME, ...) (*NAME)(__VA_ARGS__) __attribute__((unused))
#define JMP_MAP_ID 0xcafe
#define PIN_NONE 0
#define PIN_OBJECT_NS 1
#define PIN_GLOBAL_NS 2

struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
	__u32 inner_id;
	__u32 inner_idx;
};

static void *BPF_FUNC(map_lookup_elem, void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static int BPF_FUNC(map_update_elem, void *map, const void *key, const void *value, uint64_t flags) =
	(void *)BPF_FUNC_map_update_elem;
static void BPF_FUNC(tail_call, void *ctx, void *map, uint32_t index) = (void *)BPF_FUNC_tail_call;

enum { STAGE_IPV4 = 0, STAGE_IPV6 = 1, STAGE_TCP = 2, STAGE_UDP = 3, STAGES = 8 };

struct bpf_elf_map __section("maps") jmp_tc = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.id = JMP_MAP_ID,
	.size_key = sizeof(uint32_t),
	.size_value = sizeof(uint32_t),
	.pinning = PIN_OBJECT_NS,
	.max_elem = STAGES,
};

struct bpf_elf_map __section("maps") map_counters = {
	.type = BPF_MAP_TYPE_ARRAY,
	.id = 1,
	.size_key = sizeof(uint32_t),
	.size_value = sizeof(uint64_t),
	.pinning = PIN_GLOBAL_NS,
	.max_elem = STAGES,
};

struct bpf_elf_map __section("maps") map_ports = {
	.type = BPF_MAP_TYPE_HASH,
	.id = 2,
	.size_key = sizeof(uint16_t),
	.size_value = sizeof(uint32_t),
	.pinning = PIN_NONE,
	.max_elem = 64,
};

static inline __attribute__((always_inline)) uint16_t swapped(uint16_t value)
{
	return value >> 8 | value << 8;
}

static inline __attribute__((always_inline)) void count(uint32_t stage)
{
	uint64_t *counter = map_lookup_elem(&map_counters, &stage);

	if (counter)
		*counter += 1;
}

static inline __attribute__((always_inline)) int by_port(struct xdp_md *ctx, uint32_t offset)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	uint32_t *verdict, seen = XDP_PASS;
	uint16_t port;

	if (data + offset + 4 > end)
		return XDP_ABORTED;
	port = swapped(*(uint16_t *)(data + offset + 2));
	verdict = map_lookup_elem(&map_ports, &port);
	if (!verdict) {
		map_update_elem(&map_ports, &port, &seen, BPF_NOEXIST);
		return XDP_PASS;
	}
	return *verdict;
}

__section_tail(0xcafe, 0) int stage_ipv4(struct xdp_md *ctx)
{
	struct iphdr *ip = (void *)(long)ctx->data + ETH_HLEN;

	count(STAGE_IPV4);
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end || ip->ihl != 5)
		return XDP_ABORTED;
	if (ip->protocol == IPPROTO_TCP)
		tail_call(ctx, &jmp_tc, STAGE_TCP);
	if (ip->protocol == IPPROTO_UDP)
		tail_call(ctx, &jmp_tc, STAGE_UDP);
	/* A stage that there is no program for. */
	tail_call(ctx, &jmp_tc, STAGES - 1);
	return ip->protocol == IPPROTO_ICMP ? XDP_TX : XDP_DROP;
}

__section_tail(0xcafe, 1) int stage_ipv6(struct xdp_md *ctx)
{
	struct ipv6hdr *ip = (void *)(long)ctx->data + ETH_HLEN;

	count(STAGE_IPV6);
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	if (ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_UDP)
		return by_port(ctx, ETH_HLEN + sizeof(*ip));
	return XDP_DROP;
}

__section_tail(0xcafe, 2) int stage_tcp(struct xdp_md *ctx)
{
	count(STAGE_TCP);
	return by_port(ctx, ETH_HLEN + sizeof(struct iphdr));
}

__section_tail(0xcafe, 3) int stage_udp(struct xdp_md *ctx)
{
	count(STAGE_UDP);
	/* Once more around; the array says no at the 34th call. */
	tail_call(ctx, &jmp_tc, 4);
	return by_port(ctx, ETH_HLEN + sizeof(struct iphdr));
}

__section_tail(0xcafe, 4) int stage_again(struct xdp_md *ctx)
{
	count(4);
	tail_call(ctx, &jmp_tc, 4);
	return by_port(ctx, ETH_HLEN + sizeof(struct iphdr));
}

__section("prog") int xdp_main(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	if (eth->h_proto == swapped(ETH_P_IP))
		tail_call(ctx, &jmp_tc, STAGE_IPV4);
	if (eth->h_proto == swapped(ETH_P_IPV6))
		tail_call(ctx, &jmp_tc, STAGE_IPV6);
	return XDP_PASS;
}

char __section("license") _license[] = "GPL";
