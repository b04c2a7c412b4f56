import Object

extension HelperTable {
    /// Kernel functions, by the numbers that they have among the helpers.
    static let kernelFunctions: [HelperPrototype] = [
        .init(
            KernelFunction.xdpMetadataRXTimestamp.helperNumber, "xdp_metadata_rx_timestamp",
            [.context, .fixedMemory(.write, bytes: 8)], .integer),
        .init(
            KernelFunction.xdpMetadataRXHash.helperNumber, "xdp_metadata_rx_hash",
            [.context, .fixedMemory(.write, bytes: 4), .fixedMemory(.write, bytes: 4)], .integer),
        .init(
            KernelFunction.xdpMetadataRXVLANTag.helperNumber, "xdp_metadata_rx_vlan_tag",
            [.context, .fixedMemory(.write, bytes: 2), .fixedMemory(.write, bytes: 2)], .integer),
    ]

    /// What XDP programs may call in Linux 6.18 with all privileges: `xdp_func_proto`, `bpf_sk_base_func_proto` and
    /// `bpf_base_func_proto` have it, those that may sleep aside.
    static let entries: [HelperPrototype] = [
        // Maps
        .init(1, "map_lookup_elem", [.constMapPointer, .mapKey], .mapValueOrNull, .packetAccess),
        .init(
            2, "map_update_elem", [.constMapPointer, .mapKey, .mapValue(.read), .anything], .integer,
            [.packetAccess, .writesMap]),
        .init(3, "map_delete_elem", [.constMapPointer, .mapKey], .integer, [.packetAccess, .writesMap]),
        .init(
            87, "map_push_elem", [.constMapPointer, .mapValue(.read), .anything], .integer, [.packetAccess, .writesMap]),
        .init(88, "map_pop_elem", [.constMapPointer, .mapValue(.write)], .integer, .writesMap),
        .init(89, "map_peek_elem", [.constMapPointer, .mapValue(.write)], .integer),
        .init(195, "map_lookup_percpu_elem", [.constMapPointer, .mapKey, .anything], .mapValueOrNull, .packetAccess),
        .init(164, "for_each_map_elem", [.constMapPointer, .function, .stackOrNull, .anything], .integer, .callsBack),
        // Tail calls
        .init(12, "tail_call", [.context, .constMapPointer, .anything], .void),
        // Time, random numbers, where the program runs
        .init(5, "ktime_get_ns", [], .integer),
        .init(7, "get_prandom_u32", [], .integer),
        .init(8, "get_smp_processor_id", [], .integer),
        .init(42, "get_numa_node_id", [], .integer),
        .init(118, "jiffies64", [], .integer),
        .init(125, "ktime_get_boot_ns", [], .integer),
        .init(160, "ktime_get_coarse_ns", [], .integer),
        .init(208, "ktime_get_tai_ns", [], .integer),
        // What runs on the CPU
        .init(14, "get_current_pid_tgid", [], .integer),
        .init(15, "get_current_uid_gid", [], .integer),
        .init(16, "get_current_comm", [.memory(.write), .memSize], .integer),
        .init(17, "get_cgroup_classid", [], .integer),
        .init(35, "get_current_task", [], .integer),
        .init(37, "current_task_under_cgroup", [.constMapPointer, .anything], .integer),
        .init(80, "get_current_cgroup_id", [], .integer),
        .init(109, "send_signal", [.anything], .integer),
        .init(117, "send_signal_thread", [.anything], .integer),
        .init(120, "get_ns_current_pid_tgid", [.anything, .anything, .memory(.write), .memSize], .integer),
        .init(123, "get_current_ancestor_cgroup_id", [.anything], .integer),
        .init(158, "get_current_task_btf", [], .btfObject(nullable: false)),
        .init(
            141, "get_task_stack", [.btfObject(nullable: false), .memory(.write), .memSizeOrZero, .anything], .integer,
            .resultWithinSize),
        .init(175, "task_pt_regs", [.btfObject(nullable: false)], .btfObject(nullable: false)),
        .init(176, "get_branch_snapshot", [.memory(.write), .memSizeOrZero], .integer),
        .init(
            180, "find_vma", [.btfObject(nullable: false), .anything, .function, .stackOrNull, .anything], .integer,
            .callsBack),
        // Packets
        .init(44, "xdp_adjust_head", [.context, .anything], .integer, .movesPacket),
        .init(54, "xdp_adjust_meta", [.context, .anything], .integer, .movesPacket),
        .init(65, "xdp_adjust_tail", [.context, .anything], .integer, .movesPacket),
        .init(188, "xdp_get_buff_len", [.context], .integer),
        .init(189, "xdp_load_bytes", [.context, .anything, .memory(.write), .memSize], .integer),
        .init(190, "xdp_store_bytes", [.context, .anything, .memory(.read), .memSize], .integer, .writesPacket),
        .init(23, "redirect", [.anything, .anything], .integer, .xdpOnly),
        .init(51, "redirect_map", [.constMapPointer, .anything, .anything], .integer, .xdpOnly),
        .init(
            28, "csum_diff",
            [
                .memory(.read, nullable: true), .memSizeOrZero, .memory(.read, nullable: true), .memSizeOrZero,
                .anything,
            ], .integer, .packetAccess),
        .init(69, "fib_lookup", [.context, .memory(.readWrite), .memSize, .anything], .integer),
        .init(
            163, "check_mtu",
            [.context, .anything, .fixedMemory(.readWrite, bytes: 4, aligned: true), .anything, .anything], .integer),
        // Sockets and SYN cookies
        .init(
            84, "sk_lookup_tcp", [.context, .memory(.read), .memSize, .anything, .anything], .socketOrNull,
            [.packetAccess, .acquires]),
        .init(
            85, "sk_lookup_udp", [.context, .memory(.read), .memSize, .anything, .anything], .socketOrNull,
            [.packetAccess, .acquires]),
        .init(
            99, "skc_lookup_tcp", [.context, .memory(.read), .memSize, .anything, .anything], .socketOrNull,
            [.packetAccess, .acquires]),
        .init(86, "sk_release", [.socket], .integer, .releases),
        .init(
            100, "tcp_check_syncookie", [.socket, .memory(.read), .memSize, .memory(.read), .memSize], .integer,
            .packetAccess),
        .init(
            110, "tcp_gen_syncookie", [.socket, .memory(.read), .memSize, .memory(.read), .memSize], .integer,
            .packetAccess),
        .init(
            204, "tcp_raw_gen_syncookie_ipv4", [.fixedMemory(.read, bytes: 20), .memory(.read), .memSizeOrZero],
            .integer, .packetAccess),
        .init(
            205, "tcp_raw_gen_syncookie_ipv6", [.fixedMemory(.read, bytes: 40), .memory(.read), .memSizeOrZero],
            .integer, .packetAccess),
        .init(
            206, "tcp_raw_check_syncookie_ipv4", [.fixedMemory(.read, bytes: 20), .fixedMemory(.read, bytes: 20)],
            .integer, .packetAccess),
        .init(
            207, "tcp_raw_check_syncookie_ipv6", [.fixedMemory(.read, bytes: 40), .fixedMemory(.read, bytes: 20)],
            .integer, .packetAccess),
        .init(136, "skc_to_tcp6_sock", [.socket], .btfObject(nullable: true)),
        .init(137, "skc_to_tcp_sock", [.socket], .btfObject(nullable: true)),
        .init(138, "skc_to_tcp_timewait_sock", [.socket], .btfObject(nullable: true)),
        .init(139, "skc_to_tcp_request_sock", [.socket], .btfObject(nullable: true)),
        .init(140, "skc_to_udp6_sock", [.socket], .btfObject(nullable: true)),
        .init(178, "skc_to_unix_sock", [.socket], .btfObject(nullable: true)),
        .init(196, "skc_to_mptcp_sock", [.socket], .btfObject(nullable: true)),
        // Perf events and tracing
        .init(
            25, "perf_event_output", [.context, .constMapPointer, .anything, .memory(.read), .memSizeOrZero], .integer),
        .init(22, "perf_event_read", [.constMapPointer, .anything], .integer),
        .init(55, "perf_event_read_value", [.constMapPointer, .anything, .memory(.write), .memSize], .integer),
        .init(6, "trace_printk", [.memory(.read), .memSize], .integer, .variadic),
        .init(
            177, "trace_vprintk", [.memory(.read), .memSize, .memory(.read, nullable: true), .memSizeOrZero], .integer),
        // Text
        .init(
            105, "strtol", [.memory(.read), .memSize, .anything, .fixedMemory(.write, bytes: 8, aligned: true)],
            .integer),
        .init(
            106, "strtoul", [.memory(.read), .memSize, .anything, .fixedMemory(.write, bytes: 8, aligned: true)],
            .integer),
        .init(149, "snprintf_btf", [.memory(.write), .memSize, .memory(.read), .memSize, .anything], .integer),
        .init(
            165, "snprintf",
            [
                .memory(.write, nullable: true), .memSizeOrZero, .constString, .memory(.read, nullable: true),
                .memSizeOrZero,
            ], .integer),
        .init(182, "strncmp", [.memory(.read), .memSize, .constString], .integer),
        // Memory of the kernel and of processes
        .init(112, "probe_read_user", [.memory(.write), .memSizeOrZero, .anything], .integer),
        .init(113, "probe_read_kernel", [.memory(.write), .memSizeOrZero, .anything], .integer),
        .init(114, "probe_read_user_str", [.memory(.write), .memSizeOrZero, .anything], .integer, .resultWithinSize),
        .init(115, "probe_read_kernel_str", [.memory(.write), .memSizeOrZero, .anything], .integer, .resultWithinSize),
        .init(153, "per_cpu_ptr", [.perCPUVariable, .anything], .kernelMemory(nullable: true)),
        .init(154, "this_cpu_ptr", [.perCPUVariable], .kernelMemory(nullable: false)),
        // Ring buffers
        .init(130, "ringbuf_output", [.constMapPointer, .memory(.read), .memSizeOrZero, .anything], .integer),
        .init(
            131, "ringbuf_reserve", [.constMapPointer, .constAllocSizeOrZero, .anything], .ringbufMemoryOrNull,
            .acquires),
        .init(132, "ringbuf_submit", [.ringbufMemory, .anything], .void, .releases),
        .init(133, "ringbuf_discard", [.ringbufMemory, .anything], .void, .releases),
        .init(134, "ringbuf_query", [.constMapPointer, .anything], .integer),
        .init(209, "user_ringbuf_drain", [.constMapPointer, .function, .stackOrNull, .anything], .integer, .callsBack),
        // Loops and locks
        .init(181, "loop", [.anything, .function, .stackOrNull, .anything], .integer, .callsBack),
        .init(93, "spin_lock", [.spinLock], .void),
        .init(94, "spin_unlock", [.spinLock], .void),
        // Timers, kernel pointers, dynptrs
        .init(169, "timer_init", [.timer, .constMapPointer, .anything], .integer),
        .init(170, "timer_set_callback", [.timer, .function], .integer),
        .init(171, "timer_start", [.timer, .anything, .anything], .integer),
        .init(172, "timer_cancel", [.timer], .integer),
        .init(194, "kptr_xchg", [.kernelPointer, .btfObject(nullable: true)], .btfObject(nullable: true)),
        .init(197, "dynptr_from_mem", [.memory(.readWrite), .memSizeOrZero, .anything, .dynptr], .integer),
        .init(198, "ringbuf_reserve_dynptr", [.constMapPointer, .anything, .anything, .dynptr], .integer),
        .init(199, "ringbuf_submit_dynptr", [.dynptr, .anything], .void),
        .init(200, "ringbuf_discard_dynptr", [.dynptr, .anything], .void),
        .init(201, "dynptr_read", [.memory(.write), .memSizeOrZero, .dynptr, .anything, .anything], .integer),
        .init(202, "dynptr_write", [.dynptr, .anything, .memory(.read), .memSizeOrZero, .anything], .integer),
        .init(203, "dynptr_data", [.dynptr, .anything, .constAllocSizeOrZero], .dynptrMemoryOrNull),
        // Storage
        .init(
            156, "task_storage_get",
            [.constMapPointer, .btfObject(nullable: true), .mapValue(.read, nullable: true), .anything], .mapValueOrNull
        ),
        .init(157, "task_storage_delete", [.constMapPointer, .btfObject(nullable: true)], .integer),
        .init(
            210, "cgrp_storage_get",
            [.constMapPointer, .btfObject(nullable: true), .mapValue(.read, nullable: true), .anything], .mapValueOrNull
        ),
        .init(211, "cgrp_storage_delete", [.constMapPointer, .btfObject(nullable: true)], .integer),
    ]
}
