/*
 * Counts frames by IP protocol (1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6 ...) and is a hub otherwise.
 *
 * Shows how to look into a frame (each access is checked against data_end) and how to count without losing any: in a
 * per-CPU array, where every worker has values of its own and needs no atomic instruction.
 *
 *     curl 'localhost:8080/v1/maps/pkt_count.protocols/entries?percpu=sum'
 */
#include <net/vale_bpf_uapi.h>

#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_IPV6 0x86dd

/* Reserved by IANA, so no IP protocol: frames that are not IP. */
#define NOT_IP 255

EBPF_DEFINE_MAP(protocols, "percpu_array", sizeof(uint32_t), sizeof(uint64_t), 256, 0)

static uint32_t protocol_of(const uint8_t *frame, const uint8_t *end) {
    if (frame + 14 > end)
        return NOT_IP;

    switch (frame[12] << 8 | frame[13]) {
    case ETHERTYPE_IP:
        return frame + 14 + 20 > end ? NOT_IP : frame[14 + 9];
    case ETHERTYPE_IPV6:
        return frame + 14 + 40 > end ? NOT_IP : frame[14 + 6];
    default:
        return NOT_IP;
    }
}

uint32_t pkt_count(struct vale_bpf_md *md) {
    uint32_t protocol = protocol_of(md->data, md->data_end);
    uint64_t *count = ebpf_map_lookup_elem(&protocols, &protocol);

    if (count)
        ++*count;
    return VALE_BPF_BROADCAST;
}
