/*
 * In the style of Katran: virtual IPs with metadata, a control array for what the box itself is, rings of reals by
 * consistent hashing in one large array, per-CPU statistics at fixed indices, QUIC's connection ids as routing hints, and
 * packets wrapped in UDP (GUE) to the real. IPv4 and IPv6 clients, IPv6 reals.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "jhash.h"

#define RING_SIZE 61
#define MAX_VIPS 4
#define MAX_REALS 16
#define STATS_MAP_SIZE (MAX_VIPS * 2)
#define LRU_CNTRS 0
#define QUIC_CNTRS 1
#define FURTHER_PROCESSING (-1)
#define F_QUIC_VIP (1 << 2)
#define F_HASH_DPORT_ONLY (1 << 3)
#define F_LRU_BYPASS (1 << 1)
#define GUE_DPORT 6080
#define GUE_CSUM 0
#define DEFAULT_TTL 64
#define INIT_JHASH_SEED RING_SIZE

struct flow_key {
  union {
    __be32 src;
    __be32 srcv6[4];
  };
  union {
    __be32 dst;
    __be32 dstv6[4];
  };
  union {
    __u32 ports;
    __u16 port16[2];
  };
  __u8 proto;
  __u8 pad[3];
};

struct vip_definition {
  union {
    __be32 vip;
    __be32 vipv6[4];
  };
  __u16 port;
  __u8 proto;
  __u8 pad;
};

struct vip_meta {
  __u32 flags;
  __u32 vip_num;
};

struct real_definition {
  __be32 dstv6[4];
};

struct ctl_value {
  union {
    __u64 value;
    __u8 mac[8];
  };
};

struct lb_stats {
  __u64 v1;
  __u64 v2;
};

struct packet_description {
  struct flow_key flow;
  __u32 real_index;
  __u8 flags;
  __u8 tos;
};

#define F_SYN_SET (1 << 1)

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, struct vip_definition);
  __type(value, struct vip_meta);
  __uint(max_entries, MAX_VIPS);
  __uint(map_flags, 0);
} vip_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u32);
  __uint(max_entries, RING_SIZE * MAX_VIPS);
} ch_rings SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct real_definition);
  __uint(max_entries, MAX_REALS);
} reals SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __type(key, struct flow_key);
  __type(value, __u32);
  __uint(max_entries, 1024);
} fallback_cache SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct ctl_value);
  __uint(max_entries, 16);
} ctl_array SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __type(key, __u32);
  __type(value, struct lb_stats);
  __uint(max_entries, STATS_MAP_SIZE);
} stats SEC(".maps");

__attribute__((__always_inline__)) static inline void add_stats(__u32 index, __u64 v1, __u64 v2) {
  struct lb_stats* data_stats = bpf_map_lookup_elem(&stats, &index);
  if (data_stats) {
    data_stats->v1 += v1;
    data_stats->v2 += v2;
  }
}

/* The real that a QUIC connection id names in its bytes 1 and 2, where its version says that it does. */
__attribute__((__always_inline__)) static inline int parse_quic(void* data, void* data_end, __u64 off) {
  __u8* header = data + off + sizeof(struct udphdr);
  if ((void*)header + 9 > data_end) {
    return FURTHER_PROCESSING;
  }
  if (header[0] & 0x80) {
    return FURTHER_PROCESSING;
  }
  if ((header[1] >> 6) != 1) {
    return FURTHER_PROCESSING;
  }
  return ((header[1] & 0x3f) << 10) | (header[2] << 2) | (header[3] >> 6);
}

__attribute__((__always_inline__)) static inline bool
get_packet_dst(struct real_definition** real, struct packet_description* pckt, struct vip_meta* vip_info, bool is_ipv6) {
  __u32 key = RING_SIZE * (vip_info->vip_num & (MAX_VIPS - 1)), hash;
  bool under_flood = vip_info->flags & F_LRU_BYPASS;
  if (!under_flood && !(pckt->flags & F_SYN_SET)) {
    __u32* cached = bpf_map_lookup_elem(&fallback_cache, &pckt->flow);
    if (cached) {
      pckt->real_index = *cached;
      *real = bpf_map_lookup_elem(&reals, &pckt->real_index);
      return *real != NULL;
    }
    add_stats(MAX_VIPS + LRU_CNTRS, 0, 1);
  }
  if (vip_info->flags & F_HASH_DPORT_ONLY) {
    pckt->flow.port16[0] = pckt->flow.port16[1];
    memset(pckt->flow.srcv6, 0, 16);
  }
  if (is_ipv6) {
    hash = jhash_3words(jhash_words(pckt->flow.srcv6, 4, MAX_VIPS), pckt->flow.ports, 0, INIT_JHASH_SEED);
  } else {
    hash = jhash_3words(pckt->flow.src, pckt->flow.ports, 0, INIT_JHASH_SEED);
  }
  key += hash % RING_SIZE;
  __u32* real_pos = bpf_map_lookup_elem(&ch_rings, &key);
  if (!real_pos || *real_pos == 0) {
    return false;
  }
  pckt->real_index = *real_pos;
  *real = bpf_map_lookup_elem(&reals, &pckt->real_index);
  if (!*real) {
    return false;
  }
  if (!under_flood) {
    bpf_map_update_elem(&fallback_cache, &pckt->flow, &pckt->real_index, BPF_ANY);
  }
  return true;
}

__attribute__((__always_inline__)) static inline bool gue_encap(
    struct xdp_md* xdp, struct ctl_value* cval, struct packet_description* pckt, struct real_definition* dst,
    __u16 payload_len) {
  struct ctl_value* own;
  __u32 own_pos = 5;
  __u16 sport = bpf_htons(pckt->flow.port16[0] ^ pckt->flow.src);
  if (bpf_xdp_adjust_head(xdp, 0 - (int)(sizeof(struct ipv6hdr) + sizeof(struct udphdr)))) {
    return false;
  }
  void* data = (void*)(long)xdp->data;
  void* data_end = (void*)(long)xdp->data_end;
  struct ethhdr* new_eth = data;
  struct ipv6hdr* ip6h = data + sizeof(struct ethhdr);
  struct udphdr* udph = (void*)ip6h + sizeof(struct ipv6hdr);
  struct ethhdr* old_eth = data + sizeof(struct ipv6hdr) + sizeof(struct udphdr);
  if ((void*)(new_eth + 1) > data_end || (void*)(old_eth + 1) > data_end || (void*)(ip6h + 1) > data_end ||
      (void*)(udph + 1) > data_end) {
    return false;
  }
  own = bpf_map_lookup_elem(&ctl_array, &own_pos);
  if (!own) {
    return false;
  }
  memcpy(new_eth->h_source, old_eth->h_dest, 6);
  memcpy(new_eth->h_dest, cval->mac, 6);
  new_eth->h_proto = bpf_htons(ETH_P_IPV6);
  udph->source = sport;
  udph->dest = bpf_htons(GUE_DPORT);
  udph->len = bpf_htons(payload_len + sizeof(struct udphdr));
  udph->check = GUE_CSUM;
  memset(ip6h, 0, sizeof(*ip6h));
  ip6h->version = 6;
  ip6h->priority = pckt->tos >> 4;
  ip6h->flow_lbl[0] = (pckt->tos & 0x0F) << 4;
  ip6h->nexthdr = IPPROTO_UDP;
  ip6h->payload_len = bpf_htons(payload_len + sizeof(struct udphdr));
  ip6h->hop_limit = DEFAULT_TTL;
  ip6h->saddr.s6_addr32[0] = own->value;
  ip6h->saddr.s6_addr32[3] = bpf_htonl(sport);
  memcpy(ip6h->daddr.s6_addr32, dst->dstv6, 16);
  return true;
}

__attribute__((__always_inline__)) static inline int
process_packet(struct xdp_md* ctx, void* data, void* data_end, __u64 nh_off, bool is_ipv6) {
  struct packet_description pckt = {};
  struct real_definition* dst = NULL;
  struct vip_definition vip = {};
  struct vip_meta* vip_info;
  struct ctl_value* cval;
  __u32 mac_addr_pos = 0;
  __u16 pkt_bytes;
  if (is_ipv6) {
    struct ipv6hdr* ip6h = data + nh_off;
    if ((void*)(ip6h + 1) > data_end) {
      return XDP_DROP;
    }
    pckt.flow.proto = ip6h->nexthdr;
    pckt.tos = (ip6h->priority << 4) | (ip6h->flow_lbl[0] >> 4);
    memcpy(pckt.flow.srcv6, ip6h->saddr.s6_addr32, 16);
    memcpy(pckt.flow.dstv6, ip6h->daddr.s6_addr32, 16);
    pkt_bytes = bpf_ntohs(ip6h->payload_len) + sizeof(*ip6h);
    nh_off += sizeof(*ip6h);
    if (pckt.flow.proto == IPPROTO_FRAGMENT) {
      return XDP_DROP;
    }
  } else {
    struct iphdr* iph = data + nh_off;
    if ((void*)(iph + 1) > data_end || iph->ihl != 5) {
      return XDP_DROP;
    }
    if (iph->frag_off & bpf_htons(0x3fff)) {
      return XDP_DROP;
    }
    pckt.flow.proto = iph->protocol;
    pckt.tos = iph->tos;
    pckt.flow.src = iph->saddr;
    pckt.flow.dst = iph->daddr;
    pkt_bytes = bpf_ntohs(iph->tot_len);
    nh_off += sizeof(*iph);
  }
  if (pckt.flow.proto == IPPROTO_TCP) {
    struct tcphdr* tcp = data + nh_off;
    if ((void*)(tcp + 1) > data_end) {
      return XDP_DROP;
    }
    if (tcp->syn) {
      pckt.flags |= F_SYN_SET;
    }
    pckt.flow.port16[0] = tcp->source;
    pckt.flow.port16[1] = tcp->dest;
  } else if (pckt.flow.proto == IPPROTO_UDP) {
    struct udphdr* udp = data + nh_off;
    if ((void*)(udp + 1) > data_end) {
      return XDP_DROP;
    }
    pckt.flow.port16[0] = udp->source;
    pckt.flow.port16[1] = udp->dest;
  } else {
    return XDP_PASS;
  }
  memcpy(vip.vipv6, pckt.flow.dstv6, 16);
  vip.port = pckt.flow.port16[1];
  vip.proto = pckt.flow.proto;
  vip_info = bpf_map_lookup_elem(&vip_map, &vip);
  if (!vip_info) {
    vip.port = 0;
    vip_info = bpf_map_lookup_elem(&vip_map, &vip);
    if (!vip_info) {
      return XDP_PASS;
    }
  }
  if (vip_info->flags & F_QUIC_VIP) {
    int real_index = parse_quic(data, data_end, nh_off);
    add_stats(MAX_VIPS + QUIC_CNTRS, real_index == FURTHER_PROCESSING, real_index != FURTHER_PROCESSING);
    if (real_index > 0) {
      pckt.real_index = real_index;
      dst = bpf_map_lookup_elem(&reals, &pckt.real_index);
    }
  }
  if (!dst && !get_packet_dst(&dst, &pckt, vip_info, is_ipv6)) {
    return XDP_DROP;
  }
  cval = bpf_map_lookup_elem(&ctl_array, &mac_addr_pos);
  if (!cval || !gue_encap(ctx, cval, &pckt, dst, pkt_bytes)) {
    return XDP_DROP;
  }
  add_stats(vip_info->vip_num & (MAX_VIPS - 1), 1, pkt_bytes);
  return XDP_TX;
}

SEC("xdp")
int balancer_ingress(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* data_end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  __u32 nh_off = sizeof(struct ethhdr);
  if (data + nh_off > data_end) {
    return XDP_DROP;
  }
  if (eth->h_proto == bpf_htons(ETH_P_IP)) {
    return process_packet(ctx, data, data_end, nh_off, false);
  } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
    return process_packet(ctx, data, data_end, nh_off, true);
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
