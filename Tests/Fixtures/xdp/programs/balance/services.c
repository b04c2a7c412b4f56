/*
 * Translates services to their backends in the style of Cilium's datapath: a wrapped context, drop reasons as negative
 * errors, tail calls between stages with state in a per-CPU map between them, connection tracking, reverse translation by
 * an index that is kept with the connection, and metrics by reason and direction.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/icmp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define __section(X) __attribute__((section(X), used))
#define __section_entry __section("xdp/entry")
#define __section_tail_fn __section("xdp/tail")
#define __section_maps_btf __section(".maps")
#define __ctx_buff xdp_md
#define CTX_ACT_OK XDP_PASS
#define CTX_ACT_DROP XDP_DROP
#define CTX_ACT_TX XDP_TX
#define IS_ERR(x) ((x) < 0)
#define DECLARE_TAIL(NAME) int NAME(struct __ctx_buff *ctx)

#define DROP_INVALID (-134)
#define DROP_NO_SERVICE (-158)
#define DROP_MISSED_TAIL_CALL (-140)
#define DROP_CT_FULL (-155)

enum { CALL_LB4 = 1, CALL_CT4, CALL_NODEPORT_REV, CALL_NONE, CALL_SIZE };
enum { METRIC_INGRESS = 1, METRIC_EGRESS, METRIC_SERVICE };

struct lb4_key { __be32 address; __be16 dport; __u16 backend_slot; __u8 proto; __u8 scope; __u8 pad[2]; };
struct lb4_service { union { __u32 backend_id; __u32 affinity; }; __u16 count; __u16 rev_nat_index; __u8 flags; __u8 pad[3]; };
struct lb4_backend { __be32 address; __be16 port; __u8 proto; __u8 flags; };
struct lb4_reverse_nat { __be32 address; __be16 port; } __attribute__((packed));
struct ipv4_ct_tuple { __be32 daddr; __be32 saddr; __be16 dport; __be16 sport; __u8 nexthdr; __u8 flags; } __attribute__((packed));
struct ct_entry { __u64 rx_packets, rx_bytes; __u32 backend_id; __u16 rev_nat_index; __u8 closing; __u8 seen; };
struct metrics_key { __u8 reason; __u8 dir; __u16 pad[3]; };
struct metrics_value { __u64 count, bytes; };
struct ct_buffer4 { struct ipv4_ct_tuple tuple; __u32 backend_id; __u16 rev_nat_index; __u32 l4_off; __u8 tcp_flags; };

struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, struct lb4_key); __type(value, struct lb4_service);
	__uint(max_entries, 4096); __uint(map_flags, BPF_F_NO_PREALLOC); } lb4_services_v2 __section_maps_btf;
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u32); __type(value, struct lb4_backend);
	__uint(max_entries, 4096); __uint(map_flags, BPF_F_NO_PREALLOC); } lb4_backends_v3 __section_maps_btf;
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u16); __type(value, struct lb4_reverse_nat);
	__uint(max_entries, 4096); } lb4_reverse_nat __section_maps_btf;
struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __type(key, struct ipv4_ct_tuple); __type(value, struct ct_entry);
	__uint(max_entries, 8192); } ct4_global __section_maps_btf;
struct { __uint(type, BPF_MAP_TYPE_PERCPU_HASH); __type(key, struct metrics_key); __type(value, struct metrics_value);
	__uint(max_entries, 1024); } metrics_map __section_maps_btf;
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __type(key, __u32); __type(value, struct ct_buffer4);
	__uint(max_entries, 1); } ct_tail_call_buffer4 __section_maps_btf;

DECLARE_TAIL(tail_lb4);
DECLARE_TAIL(tail_ct4);
DECLARE_TAIL(tail_rev_nodeport);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, __u32);
	__uint(max_entries, CALL_SIZE);
	__array(values, int());
} calls_xdp __section_maps_btf = {
	.values = {
		[CALL_LB4] = (void *)&tail_lb4,
		[CALL_CT4] = (void *)&tail_ct4,
		[CALL_NODEPORT_REV] = (void *)&tail_rev_nodeport,
	},
};

static __always_inline void *ctx_data(const struct __ctx_buff *ctx) { return (void *)(long)ctx->data; }
static __always_inline void *ctx_data_end(const struct __ctx_buff *ctx) { return (void *)(long)ctx->data_end; }
static __always_inline __u64 ctx_full_len(const struct __ctx_buff *ctx) { return ctx_data_end(ctx) - ctx_data(ctx); }

static __always_inline void update_metrics(__u64 bytes, __u8 direction, __u8 reason)
{
	struct metrics_key key = { .reason = reason, .dir = direction };
	struct metrics_value *entry = bpf_map_lookup_elem(&metrics_map, &key), fresh = { 1, bytes };

	if (entry) {
		entry->count += 1;
		entry->bytes += bytes;
	} else {
		bpf_map_update_elem(&metrics_map, &key, &fresh, 0);
	}
}

static __always_inline int send_drop_notify_error(struct __ctx_buff *ctx, int reason)
{
	update_metrics(ctx_full_len(ctx), METRIC_INGRESS, (__u8)-reason);
	return CTX_ACT_DROP;
}

static __always_inline struct ct_buffer4 *ct_buffer(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&ct_tail_call_buffer4, &zero);
}

static __always_inline __sum16 csum_replace(__sum16 old, __u32 from, __u32 to)
{
	__u64 sum = (__u16)~old + (__u64)(__u16)~from + (__u16)~(from >> 16) + (__u16)to + (__u16)(to >> 16);

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Writes address and port of one side, and the checksums over them. */
static __always_inline int rewrite4(struct __ctx_buff *ctx, int destination, __be32 address, __be16 port)
{
	struct iphdr *ip4 = ctx_data(ctx) + ETH_HLEN;
	__be16 *ports, *port_place;
	__be32 *place;

	if ((void *)(ip4 + 1) + sizeof(struct udphdr) > ctx_data_end(ctx))
		return DROP_INVALID;
	place = destination ? &ip4->daddr : &ip4->saddr;
	ports = (void *)(ip4 + 1);
	port_place = &ports[destination];
	if (ip4->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = (void *)ports;

		if ((void *)(tcp + 1) > ctx_data_end(ctx))
			return DROP_INVALID;
		tcp->check = csum_replace(csum_replace(tcp->check, *place, address), *port_place, port);
	} else {
		struct udphdr *udp = (void *)ports;

		if (udp->check)
			udp->check = csum_replace(csum_replace(udp->check, *place, address), *port_place, port);
	}
	ip4->check = csum_replace(ip4->check, *place, address);
	*place = address;
	*port_place = port;
	return 0;
}

__section_entry int cil_xdp_entry(struct __ctx_buff *ctx)
{
	struct ethhdr *eth = ctx_data(ctx);
	struct ct_buffer4 *buffer = ct_buffer();
	struct iphdr *ip4 = (void *)(eth + 1);

	if (!buffer || (void *)(eth + 1) > ctx_data_end(ctx))
		return CTX_ACT_OK;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return CTX_ACT_OK;
	if ((void *)(ip4 + 1) > ctx_data_end(ctx))
		return send_drop_notify_error(ctx, DROP_INVALID);
	if (ip4->ihl != 5 || (ip4->protocol != IPPROTO_TCP && ip4->protocol != IPPROTO_UDP))
		return CTX_ACT_OK;
	__be16 *ports = (void *)(ip4 + 1);

	if ((void *)(ports + 4) > ctx_data_end(ctx))
		return send_drop_notify_error(ctx, DROP_INVALID);
	buffer->tuple = (struct ipv4_ct_tuple){
		.daddr = ip4->daddr, .saddr = ip4->saddr, .dport = ports[1], .sport = ports[0], .nexthdr = ip4->protocol,
	};
	buffer->backend_id = 0;
	buffer->rev_nat_index = 0;
	buffer->tcp_flags = 0;
	if (ip4->protocol == IPPROTO_TCP) {
		if ((void *)ports + sizeof(struct tcphdr) > ctx_data_end(ctx))
			return send_drop_notify_error(ctx, DROP_INVALID);
		buffer->tcp_flags = ((__u8 *)ports)[13];
	}
	bpf_tail_call_static(ctx, &calls_xdp, CALL_LB4);
	return send_drop_notify_error(ctx, DROP_MISSED_TAIL_CALL);
}

__section_tail_fn DECLARE_TAIL(tail_lb4)
{
	struct ct_buffer4 *buffer = ct_buffer();
	struct lb4_key key = {};
	struct lb4_service *svc;

	if (!buffer)
		return CTX_ACT_OK;
	key.address = buffer->tuple.daddr;
	key.dport = buffer->tuple.dport;
	key.proto = buffer->tuple.nexthdr;
	svc = bpf_map_lookup_elem(&lb4_services_v2, &key);
	if (!svc) {
		bpf_tail_call_static(ctx, &calls_xdp, CALL_NODEPORT_REV);
		return send_drop_notify_error(ctx, DROP_MISSED_TAIL_CALL);
	}
	update_metrics(ctx_full_len(ctx), METRIC_SERVICE, svc->rev_nat_index);
	if (!svc->count)
		return send_drop_notify_error(ctx, DROP_NO_SERVICE);
	struct ct_entry *entry = bpf_map_lookup_elem(&ct4_global, &buffer->tuple);

	if (entry && entry->backend_id && !(buffer->tcp_flags & 2)) {
		buffer->backend_id = entry->backend_id;
	} else {
		__u32 hash = buffer->tuple.saddr ^ (buffer->tuple.sport * 0x9e3779b1);

		key.backend_slot = ((hash >> 16) ^ hash) % svc->count + 1;
		struct lb4_service *slot = bpf_map_lookup_elem(&lb4_services_v2, &key);

		if (!slot)
			return send_drop_notify_error(ctx, DROP_NO_SERVICE);
		buffer->backend_id = slot->backend_id;
	}
	buffer->rev_nat_index = svc->rev_nat_index;
	bpf_tail_call_static(ctx, &calls_xdp, CALL_CT4);
	return send_drop_notify_error(ctx, DROP_MISSED_TAIL_CALL);
}

__section_tail_fn DECLARE_TAIL(tail_ct4)
{
	struct ct_buffer4 *buffer = ct_buffer();
	struct ct_entry fresh = {}, reply = {}, *entry;
	struct ipv4_ct_tuple reverse;
	struct lb4_backend *backend;
	int ret;

	if (!buffer)
		return CTX_ACT_OK;
	__u32 id = buffer->backend_id;

	backend = bpf_map_lookup_elem(&lb4_backends_v3, &id);
	if (!backend)
		return send_drop_notify_error(ctx, DROP_NO_SERVICE);
	entry = bpf_map_lookup_elem(&ct4_global, &buffer->tuple);
	if (entry) {
		entry->rx_packets += 1;
		entry->rx_bytes += ctx_full_len(ctx);
		entry->seen |= buffer->tcp_flags;
		entry->closing |= (buffer->tcp_flags & 5) != 0;
		entry->backend_id = id;
	} else {
		fresh.backend_id = id;
		fresh.rx_packets = 1;
		fresh.rx_bytes = ctx_full_len(ctx);
		fresh.seen = buffer->tcp_flags;
		if (bpf_map_update_elem(&ct4_global, &buffer->tuple, &fresh, 0) < 0)
			return send_drop_notify_error(ctx, DROP_CT_FULL);
	}
	reverse = (struct ipv4_ct_tuple){
		.daddr = buffer->tuple.saddr, .saddr = backend->address, .dport = buffer->tuple.sport, .sport = backend->port,
		.nexthdr = buffer->tuple.nexthdr, .flags = 1,
	};
	reply.rev_nat_index = buffer->rev_nat_index;
	if (!bpf_map_lookup_elem(&ct4_global, &reverse))
		bpf_map_update_elem(&ct4_global, &reverse, &reply, 0);
	ret = rewrite4(ctx, 1, backend->address, backend->port);
	if (IS_ERR(ret))
		return send_drop_notify_error(ctx, ret);
	return CTX_ACT_TX;
}

__section_tail_fn DECLARE_TAIL(tail_rev_nodeport)
{
	struct ct_buffer4 *buffer = ct_buffer();
	struct lb4_reverse_nat *nat;
	struct ipv4_ct_tuple tuple;
	struct ct_entry *entry;
	__u16 index;
	int ret;

	if (!buffer)
		return CTX_ACT_OK;
	tuple = buffer->tuple;
	tuple.flags = 1;
	entry = bpf_map_lookup_elem(&ct4_global, &tuple);
	if (!entry || !entry->rev_nat_index)
		return CTX_ACT_OK;
	entry->rx_packets += 1;
	index = entry->rev_nat_index;
	nat = bpf_map_lookup_elem(&lb4_reverse_nat, &index);
	if (!nat) {
		/* Nobody is there: the last call in vain. */
		bpf_tail_call_static(ctx, &calls_xdp, CALL_NONE);
		return send_drop_notify_error(ctx, DROP_MISSED_TAIL_CALL);
	}
	ret = rewrite4(ctx, 0, nat->address, nat->port);
	if (IS_ERR(ret))
		return send_drop_notify_error(ctx, ret);
	update_metrics(ctx_full_len(ctx), METRIC_EGRESS, 0);
	return CTX_ACT_TX;
}

char _license[] __section("license") = "Dual BSD/GPL";
