/// CO-RE relocations, the third part of `.BTF.ext`: accesses to structures that a loader on Linux adapts to the
/// kernel that it loads into.
///
/// Compilers put the access as it is in the program's own headers into the instruction. For packet headers and the
/// structures of the BPF interface, which never change, that is right as it is; programs that include `vmlinux.h` have
/// relocations for those too. Any other structure belongs to a kernel, and here is none.
/// Source: struct bpf_core_relo, <linux/bpf.h>.
struct CORERelocations {
    let view: ByteView
    let strings: ByteView
    let btf: BTF

    private static let recordSize = 16

    /// Structures that are the same everywhere.
    private static let stable: Set<String> = [
        // <linux/bpf.h>
        "xdp_md", "bpf_fib_lookup", "bpf_devmap_val", "bpf_cpumap_val", "bpf_spin_lock", "bpf_timer",
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

    /// `enum bpf_core_relo_kind` up to `BPF_CORE_FIELD_RSHIFT_U64`: offset, size, existence, sign, shifts of a field.
    private static let lastFieldKind: UInt32 = 5

    /// Refuses relocations that need a kernel.
    func check(at start: Int, count: Int) throws(ObjectError) {
        guard count > 0 else { return }
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
            for index in 0..<number { try check(record: offset + index * recordSize, of: section) }
            offset += number * recordSize
        }
    }

    private func check(record: Int, of section: String) throws(ObjectError) {
        let type = btf.resolved(try view.u32(record + 4))
        let kind = try view.u32(record + 12)
        let name =
            switch type {
            case .structure(let composite), .union(let composite): composite.name
            default: type.name
            }
        guard let name, kind <= Self.lastFieldKind, Self.stable.contains(Self.withoutFlavour(name)) else {
            throw ObjectError(
                .unsupported, section: section, offset: try view.int32(record),
                "needs a CO-RE relocation against \"\(name ?? "an unnamed type")\" of a kernel, and here is none")
        }
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
