/*
 * A tap in a wire: two hosts talk as if connected directly, and a third port gets a copy of every frame.
 *
 * For a switch with three ports. Shows how a verdict makes copies (broadcast goes to all ports but the ingress one,
 * here the other host and the monitor), an option, and a counter in a global variable, which is a map too:
 *
 *     swale program put tap port_mirror.o --set monitor_port=2
 *     swale map dump tap..bss
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <net/vale_bpf_uapi.h>

/* The port that only listens. */
volatile const __u32 monitor_port = 2;

__u64 mirrored_frames;
__u64 mirrored_bytes;

SEC("vale")
__u32 port_mirror(struct vale_bpf_md *md) {
    /* A monitor that speaks would disturb what it watches. */
    if (md->ingress_port == monitor_port)
        return VALE_BPF_DROP;

    __sync_fetch_and_add(&mirrored_frames, 1);
    __sync_fetch_and_add(&mirrored_bytes, md->data_end - md->data);
    return VALE_BPF_BROADCAST;
}

char LICENSE[] SEC("license") = "Apache-2.0";
