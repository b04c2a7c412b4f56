/*
 * In the style of objects from before there was BTF, and of the first loaders: compiled without debug information, a
 * section for each map, definitions that end with a field of their loader's own, a static function as the program, its
 * section called as the loader likes. Limits each source to a number of bytes for each type of service.
 *
 * clang: -g0 -mcpu=v1
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#define SECTION(name) __attribute__((section(name), used))

struct loader_map_def {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
	__u32 pinning;
	__u32 reserved[2];
};

struct quota_key {
	__u32 source;
	__u32 class;
};

struct loader_map_def SECTION("maps/quotas") quotas = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(struct quota_key),
	.value_size = sizeof(__u64),
	.max_entries = 512,
};

struct loader_map_def SECTION("maps/used") used = {
	.type = BPF_MAP_TYPE_LRU_HASH,
	.key_size = sizeof(struct quota_key),
	.value_size = sizeof(__u64),
	.max_entries = 1024,
};

struct loader_map_def SECTION("maps/events") events = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u64),
	.max_entries = 4,
};

static void *(*map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*map_update)(void *map, const void *key, const void *value, __u64 flags) =
	(void *)BPF_FUNC_map_update_elem;

static __attribute__((noinline)) void count(__u32 what)
{
	__u64 *counter = map_lookup(&events, &what);

	if (counter)
		__sync_fetch_and_add(counter, 1);
}

static __attribute__((noinline)) __u64 charge(const struct quota_key *key, __u64 bytes)
{
	__u64 *sum = map_lookup(&used, key);

	if (!sum) {
		map_update(&used, key, &bytes, BPF_ANY);
		return bytes;
	}
	*sum += bytes;
	return *sum;
}

static SECTION("quota_filter") int filter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	struct quota_key key = {};
	__u64 *quota;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	if (eth->h_proto != __builtin_bswap16(ETH_P_IP)) {
		count(0);
		return XDP_PASS;
	}
	if ((void *)(ip + 1) > end) {
		count(1);
		return XDP_DROP;
	}
	key.source = ip->saddr;
	key.class = ip->tos >> 5;
	quota = map_lookup(&quotas, &key);
	if (!quota) {
		key.source = 0;
		quota = map_lookup(&quotas, &key);
		key.source = ip->saddr;
	}
	if (charge(&key, end - data) > (quota ? *quota : 10000)) {
		count(2);
		return XDP_DROP;
	}
	count(3);
	return XDP_PASS;
}

char SECTION("license") _license[] = "GPL";
__u32 SECTION("version") _version = 0xffffffff;
