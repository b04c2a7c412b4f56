/// CO-RE relocations, the third part of `.BTF.ext`: accesses to structures that a loader on Linux adapts to the
/// kernel that it loads into.
///
/// Compilers put the access as it is in the program's own headers into the instruction. For packet headers, for the
/// structures of the BPF interface, which never change, and for those of the object's own that is right as it is. A
/// structure of a kernel's is never met: nothing gives a program its address. What asks whether a kernel has a type, a
/// field or a value is told no where it is not of the BPF interface or a packet header.
/// Source: struct bpf_core_relo, <linux/bpf.h>.
struct CORERelocations {
    let view: ByteView
    let strings: ByteView
    let btf: BTF

    private static let recordSize = 16

    /// Types that are the same everywhere.
    private static let stable: Set<String> = [
        // <linux/bpf.h>
        "xdp_md", "xdp_action", "bpf_func_id", "bpf_map_type", "bpf_fib_lookup", "bpf_devmap_val", "bpf_cpumap_val",
        "bpf_spin_lock", "bpf_timer",
        // the vale context
        "vale_bpf_md",
        // Ethernet, VLAN, ARP, MPLS
        "ethhdr", "vlan_hdr", "vlan_ethhdr", "arphdr", "mpls_label",
        // IP
        "iphdr", "ipv6hdr", "in_addr", "in6_addr", "ip_auth_hdr", "ip_esp_hdr", "ipv6_opt_hdr", "ipv6_rt_hdr",
        "frag_hdr",
        // above IP
        "tcphdr", "udphdr", "icmphdr", "icmp6hdr", "sctphdr", "igmphdr", "gre_base_hdr", "vxlanhdr", "genevehdr",
    ]

    /// Of `enum bpf_core_relo_kind`: `FIELD_EXISTS`, `TYPE_EXISTS`, `ENUMVAL_EXISTS` and `TYPE_MATCHES`.
    private static let existenceKinds: Set<UInt32> = [2, 8, 10, 12]

    /// Byte offsets of the instructions to which the answer is no, by section name.
    func absences(at start: Int, count: Int) throws(ObjectError) -> [String: Set<Int>] {
        var absences: [String: Set<Int>] = [:]
        guard count > 0 else { return absences }
        try view.require(start, count, "CO-RE relocations")
        let recordSize = try view.int32(start)
        guard recordSize >= Self.recordSize, recordSize % 4 == 0 else {
            throw ObjectError(.malformed, section: view.section, offset: start, "records of \(recordSize) bytes")
        }
        var offset = start + 4
        let end = start + count
        while offset < end {
            try view.require(offset, 8, "CO-RE relocations of a section")
            let section = try strings.name(try view.int32(offset))
            let number = try view.int32(offset + 4)
            offset += 8
            guard number <= (end - offset) / recordSize else {
                throw ObjectError(.truncated, section: view.section, offset: offset - 4, "\(number) CO-RE relocations")
            }
            for index in 0..<number {
                let record = offset + index * recordSize
                if try isAbsent(record) { absences[section, default: []].insert(try view.int32(record)) }
            }
            offset += number * recordSize
        }
        return absences
    }

    private func isAbsent(_ record: Int) throws(ObjectError) -> Bool {
        guard Self.existenceKinds.contains(try view.u32(record + 12)) else { return false }
        guard let name = btf.resolved(try view.u32(record + 4)).name else { return true }
        return !Self.stable.contains(Self.withoutFlavour(name))
    }

    /// libbpf ignores what follows three underscores: `iphdr___mine` is `iphdr`.
    private static func withoutFlavour(_ name: String) -> String {
        let bytes = [UInt8](name.utf8)
        let underscore = UInt8(ascii: "_")
        for index in bytes.indices.dropFirst().dropLast(3)
        where bytes[index] == underscore && bytes[index + 1] == underscore && bytes[index + 2] == underscore {
            return String(decoding: bytes[..<index], as: UTF8.self)
        }
        return name
    }
}
