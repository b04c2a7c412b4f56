/*
 * Watches what text protocols say: compares the first words of UDP payloads with commands (strncmp), makes a line of text
 * of each that it knows (snprintf), keeps the last lines in a map, and traces what it drops. Numbers in the text are read
 * with strtol and strtoul.
 */
#include "packet.h"

#define LINE 64
#define WORD 8

enum command {
    NONE,
    HELLO,
    SET,
    GET,
    QUIT,
    COMMANDS,
};

struct line {
    char text[LINE];
    __s64 length;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct line);
    __uint(max_entries, COMMANDS);
} lines SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, __u32);
    __type(value, __s64);
    __uint(max_entries, 64);
} values SEC(".maps");

__u32 port = 7;
__s64 last_error;

static const char words[COMMANDS][WORD] = {"", "HELLO", "SET ", "GET ", "QUIT"};

static __always_inline int command_of(const char *text) {
    if (bpf_strncmp(text, 5, words[HELLO]) == 0)
        return HELLO;
    if (bpf_strncmp(text, 4, words[SET]) == 0)
        return SET;
    if (bpf_strncmp(text, 4, words[GET]) == 0)
        return GET;
    return bpf_strncmp(text, 4, words[QUIT]) == 0 ? QUIT : NONE;
}

/* `SET key value`, `GET key` */
static __always_inline long numbers_of(const char *text, __u32 command, unsigned long *key, long *value) {
    long used = bpf_strtoul(text + 4, 12, 0, key);

    if (used < 0 || command == GET)
        return used;
    if (used > 11)
        return -7;
    used = bpf_strtol(text + 5 + (used & 0xf), 12, 0, value);
    return used;
}

SEC("xdp")
int text(struct xdp_md *ctx) {
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));
    struct iphdr *ip = eth && eth->h_proto == bpf_htons(ETH_P_IP) ? take(&cursor, sizeof(*ip)) : 0;
    char copy[40] = {};
    unsigned long key = 0;
    long value = 0;

    if (!ip || ip->protocol != IPPROTO_UDP || ip->ihl != 5)
        return XDP_PASS;
    struct udphdr *udp = take(&cursor, sizeof(*udp));

    if (!udp || udp->dest != bpf_htons(port))
        return XDP_PASS;
    char *start = take(&cursor, 32);

    if (!start)
        return XDP_ABORTED;
    __builtin_memcpy(copy, start, 32);
    __u32 command = command_of(copy);
    struct line *line = bpf_map_lookup_elem(&lines, &command);

    if (!line)
        return XDP_ABORTED;
    if (command == SET || command == GET) {
        long used = numbers_of(copy, command, &key, &value);

        if (used < 0) {
            last_error = used;
            bpf_printk("bad number: %ld", used);
            return XDP_DROP;
        }
    }
    __u32 index = key;

    if (command == SET) {
        bpf_map_update_elem(&values, &index, &value, BPF_ANY);
    } else if (command == GET) {
        __s64 *known = bpf_map_lookup_elem(&values, &index);

        if (!known) {
            bpf_printk("nothing at %d, asked by %pI4", index, &ip->saddr);
            return XDP_DROP;
        }
        value = *known;
    }
    line->length = BPF_SNPRINTF(line->text, LINE, "%d %s %lu=%ld %x %pI4", command, words[command & 3], key, value,
                                bpf_ntohs(udp->source), &ip->saddr);
    if (command == NONE) {
        bpf_printk("unknown command from %pI4", &ip->saddr);
        return XDP_DROP;
    }
    if (command == QUIT)
        return XDP_PASS;
    swap_addresses(eth);
    return XDP_TX;
}

char _license[] SEC("license") = "GPL";
