/// Numbers of the helpers that the tables name: `enum bpf_func_id`, <linux/bpf.h>. Written down a second time, so that the
/// tables do not follow a mistake of the verifier's own list.
let helperNumbers: [String: UInt32] = [
    "map_lookup_elem": 1, "map_update_elem": 2, "map_delete_elem": 3, "probe_read": 4, "ktime_get_ns": 5,
    "trace_printk": 6, "get_prandom_u32": 7, "get_smp_processor_id": 8, "skb_store_bytes": 9, "tail_call": 12,
    "get_current_pid_tgid": 14, "redirect": 23, "perf_event_output": 25, "skb_load_bytes": 26,
    "get_stackid": 27, "csum_diff": 28, "get_current_task": 35, "get_numa_node_id": 42, "xdp_adjust_head": 44,
    "redirect_map": 51, "sk_redirect_map": 52, "xdp_adjust_meta": 54, "xdp_adjust_tail": 65, "fib_lookup": 69,
    "sk_lookup_tcp": 84, "sk_lookup_udp": 85, "sk_release": 86, "map_push_elem": 87, "map_pop_elem": 88,
    "map_peek_elem": 89, "spin_lock": 93, "spin_unlock": 94, "skc_lookup_tcp": 99, "tcp_check_syncookie": 100,
    "strtol": 105, "strtoul": 106, "tcp_gen_syncookie": 110, "probe_read_kernel": 113, "jiffies64": 118,
    "ktime_get_boot_ns": 125, "ringbuf_output": 130, "ringbuf_reserve": 131, "ringbuf_submit": 132,
    "ringbuf_discard": 133, "ringbuf_query": 134, "per_cpu_ptr": 153, "this_cpu_ptr": 154,
    "ktime_get_coarse_ns": 160, "check_mtu": 163, "for_each_map_elem": 164, "snprintf": 165,
    "timer_init": 169, "timer_set_callback": 170, "timer_start": 171, "trace_vprintk": 177, "loop": 181,
    "strncmp": 182, "xdp_get_buff_len": 188, "xdp_load_bytes": 189, "xdp_store_bytes": 190, "kptr_xchg": 194,
    "map_lookup_percpu_elem": 195, "dynptr_from_mem": 197, "ringbuf_reserve_dynptr": 198,
    "tcp_raw_gen_syncookie_ipv4": 204, "tcp_raw_check_syncookie_ipv4": 206, "ktime_get_tai_ns": 208,
    "user_ringbuf_drain": 209,
]
