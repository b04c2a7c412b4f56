/*
 * A stateful firewall: connections that a rule lets through are tracked, and what belongs to a tracked connection
 * passes without rules. TCP is followed by its flags and windows of sequence numbers. What no rule names is dropped,
 * after at most so many packets a second from one source; the first of each kind is told to user space.
 *
 * `firewall` tells by ring buffer and limits with plain per-CPU buckets. `firewall_locked` shares buckets behind spin
 * locks and tells by ring buffer records that it fills in place; `firewall_perf` sends the packet's head along with a
 * perf event.
 */
#include "firewall/maps.h"
#include "firewall/parse.h"

enum teller {
    TELL_RING,
    TELL_RECORD,
    TELL_PERF,
};

/* Token bucket: `burst` tokens, refilled at `packets_per_second`. */
static __always_inline __u64 refill(__u64 tokens, __u64 elapsed) {
    if (elapsed > 10 * SECOND)
        return burst;
    tokens += elapsed * packets_per_second / SECOND;
    return min(tokens, burst);
}

static __always_inline int allow(const union address *source, __u64 now) {
    struct bucket *bucket = bpf_map_lookup_elem(&buckets, source);

    if (!bucket) {
        struct bucket fresh = {.tokens = burst, .last = now};

        bpf_map_update_elem(&buckets, source, &fresh, BPF_NOEXIST);
        return 1;
    }
    __u64 tokens = refill(bucket->tokens, now - bucket->last);

    bucket->last = now;
    bucket->tokens = tokens ? tokens - 1 : 0;
    return tokens > 0;
}

static __always_inline int allow_locked(const union address *source, __u64 now) {
    struct locked_bucket *bucket = bpf_map_lookup_elem(&locked_buckets, source);
    int allowed = 0;

    if (!bucket) {
        struct locked_bucket fresh = {.tokens = burst, .last = now};

        bpf_map_update_elem(&locked_buckets, source, &fresh, BPF_NOEXIST);
        return 1;
    }
    bpf_spin_lock(&bucket->lock);
    __u64 tokens = refill(bucket->tokens, now - bucket->last);

    bucket->last = now;
    if (tokens) {
        bucket->tokens = tokens - 1;
        allowed = 1;
    } else {
        bucket->tokens = 0;
        ++bucket->refused;
    }
    bpf_spin_unlock(&bucket->lock);
    return allowed;
}

static __always_inline void tell(struct xdp_md *ctx, const struct packet *packet, __u32 reason, __u64 now,
                                 enum teller teller) {
    if (teller == TELL_RECORD) {
        struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

        if (!event)
            return;
        event->time = now;
        event->flow = packet->flow;
        event->reason = reason;
        event->length = packet->length;
        if (packet->length > 65000)
            bpf_ringbuf_discard(event, 0);
        else
            bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
        return;
    }
    struct event event = {.time = now, .flow = packet->flow, .reason = reason, .length = packet->length};

    if (teller == TELL_RING) {
        if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < 32768)
            bpf_ringbuf_output(&events, &event, sizeof(event), 0);
        return;
    }
    __u64 head = ctx->data_end - ctx->data;

    bpf_perf_event_output(ctx, &perf_events, BPF_F_CURRENT_CPU | min(head, 128) << 32, &event, sizeof(event));
}

static __always_inline int refuse(struct xdp_md *ctx, const struct packet *packet, __u32 reason, __u64 now,
                                  enum teller teller) {
    __u64 *counter = bpf_map_lookup_elem(&reasons, &reason);

    if (counter && (*counter)++ % 64 == 0) {
        __sync_fetch_and_add(&told, 1);
        tell(ctx, packet, reason, now, teller);
    }
    return XDP_DROP;
}

/* Whether the segment lies where its receiver may take it. */
static __always_inline int in_window(const struct connection *connection, const struct packet *packet, int from) {
    const struct side *sender = &connection->sides[from];
    __s32 ahead = packet->sequence - sender->next_sequence;

    if (!strict_windows || !sender->next_sequence)
        return 1;
    return ahead < (__s32)(connection->sides[!from].window << 8) + 65536 && ahead > -(1 << 24);
}

static __always_inline int follow(struct connection *connection, const struct packet *packet, __u64 now) {
    __u32 from = packet->from & 1;
    __u32 state = connection->state;

    if (now > connection->expires)
        return REASON_STATE;
    if (packet->tcp) {
        __u32 flags = packet->flags;
        __u32 initiator = connection->initiator == from;

        if (state >= STATES || flags >= FLAG_CLASSES)
            return REASON_STATE;
        opaque(state);
        opaque(flags);
        state &= STATES - 1;
        state = transitions[initiator & 1][state][flags < FLAG_CLASSES ? flags : 0];
        if (state == STATE_NONE)
            return REASON_STATE;
        if (!in_window(connection, packet, from))
            return REASON_WINDOW;
        connection->sides[from].next_sequence = packet->sequence + packet->segment;
        connection->sides[from].window = packet->window;
        connection->state = state;
    } else if (state == STATE_SYN_SENT && connection->initiator != from) {
        state = connection->state = STATE_ESTABLISHED;
    }
    if (state < STATES)
        connection->expires = now + lifetimes[state];
    __sync_fetch_and_add(&connection->sides[from].packets, 1);
    __sync_fetch_and_add(&connection->sides[from].bytes, packet->length);
    return REASON_ACCEPTED;
}

/* The rule of the exact port, else of the protocol, else of the zone. */
static __always_inline struct rule *find_rule(const struct packet *packet) {
    struct rule_key key = {
        .port = packet->destination_port, .protocol = packet->flow.protocol, .zone = packet->zone};
    struct rule *rule = bpf_map_lookup_elem(&rules, &key);

    if (rule)
        return rule;
    key.port = 0;
    rule = bpf_map_lookup_elem(&rules, &key);
    if (rule)
        return rule;
    key.protocol = 0;
    return bpf_map_lookup_elem(&rules, &key);
}

static __always_inline int guard(struct xdp_md *ctx, enum teller teller, int locked) {
    struct packet packet = {};
    struct cursor cursor = packet_of(ctx);
    struct ethhdr *eth = take(&cursor, sizeof(*eth));

    if (!eth)
        return XDP_DROP;
    __be16 protocol = skip_tags(&cursor, eth->h_proto);
    __u64 now = bpf_ktime_get_ns();

    if (protocol == bpf_htons(ETH_P_IP)) {
        if (!parse_v4(&cursor, &packet))
            return refuse(ctx, &packet, REASON_MALFORMED, now, teller);
    } else if (protocol == bpf_htons(ETH_P_IPV6)) {
        if (!parse_v6(&cursor, &packet))
            return refuse(ctx, &packet, REASON_MALFORMED, now, teller);
    } else {
        return protocol == bpf_htons(ETH_P_ARP) ? XDP_PASS : XDP_DROP;
    }
    if (packet.zone == 0)
        return refuse(ctx, &packet, REASON_DENIED, now, teller);
    struct connection *known = bpf_map_lookup_elem(&connections, &packet.flow);

    if (known) {
        int reason = follow(known, &packet, now);

        if (reason == REASON_ACCEPTED)
            return XDP_PASS;
        if (reason == REASON_WINDOW)
            return refuse(ctx, &packet, reason, now, teller);
        bpf_map_delete_elem(&connections, &packet.flow);
    }
    if (packet.tcp && packet.flags != FLAGS_SYN)
        return refuse(ctx, &packet, REASON_STATE, now, teller);
    if (!(locked ? allow_locked(&packet.source, now) : allow(&packet.source, now)))
        return refuse(ctx, &packet, REASON_RATE, now, teller);
    struct rule *rule = find_rule(&packet);

    if (!rule)
        return refuse(ctx, &packet, REASON_NO_RULE, now, teller);
    __sync_fetch_and_add(&rule->hits, 1);
    if (rule->action != XDP_PASS)
        return refuse(ctx, &packet, REASON_DENIED, now, teller);
    __u32 from = packet.from & 1;
    struct connection fresh = {
        .expires = now + lifetimes[STATE_SYN_SENT],
        .state = STATE_SYN_SENT,
        .initiator = from,
        .rule = rule->number,
    };

    /* A place on the stack that is not constant. */
    opaque(from);
    fresh.sides[from & 1] = (struct side){
        .packets = 1,
        .bytes = packet.length,
        .next_sequence = packet.sequence + packet.segment,
        .window = packet.window,
    };
    bpf_map_update_elem(&connections, &packet.flow, &fresh, BPF_ANY);
    return XDP_PASS;
}

SEC("xdp")
int firewall(struct xdp_md *ctx) {
    return guard(ctx, TELL_RING, 0);
}

SEC("xdp")
int firewall_locked(struct xdp_md *ctx) {
    return guard(ctx, TELL_RECORD, 1);
}

SEC("xdp")
int firewall_perf(struct xdp_md *ctx) {
    return guard(ctx, TELL_PERF, 0);
}

char _license[] SEC("license") = "GPL";
