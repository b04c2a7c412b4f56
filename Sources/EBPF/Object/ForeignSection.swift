/// Sections of programs for the other hooks of Linux: what runs in them sees no frame, or one with an `sk_buff`.
/// Source: libbpf's table of sections.
enum ForeignSection {
    /// What comes before the first `/` or `.`.
    private static let names: Set<Substring> = [
        // Traffic control and sockets.
        "tc", "tcx", "classifier", "action", "netkit", "socket", "sockops", "sk_lookup", "sk_msg", "sk_reuseport",
        "sk_skb", "flow_dissector", "netfilter", "lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local",
        // Control groups.
        "cgroup", "cgroup_skb",
        // Tracing and security.
        "kprobe", "kretprobe", "ksyscall", "kretsyscall", "uprobe", "uretprobe", "usdt", "tp", "tracepoint", "raw_tp",
        "raw_tracepoint", "tp_btf", "fentry", "fexit", "fmod_ret", "freplace", "perf_event", "lsm", "lsm_cgroup",
        "iter",
        // The rest.
        "struct_ops", "syscall", "lirc_mode2",
    ]

    static func contains(_ section: String) -> Bool {
        names.contains(section.prefix { $0 != "/" && $0 != "." })
    }
}
