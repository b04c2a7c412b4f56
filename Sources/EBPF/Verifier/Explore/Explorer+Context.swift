import Object

// Accesses to the context, by the program's type.
extension Explorer {
    /// A field of a context: where it is, and what a load of it yields.
    struct ContextField {
        var offset: Int
        var size: Int
        var kind = Register.Kind.scalar
        var isWritable = false
    }

    /// `struct xdp_md`, <linux/bpf.h>.
    private static let xdp = [
        ContextField(offset: 0, size: 4, kind: .packet), ContextField(offset: 4, size: 4, kind: .packetEnd),
        ContextField(offset: 8, size: 4, kind: .packetMeta), ContextField(offset: 12, size: 4),
        ContextField(offset: 16, size: 4), egress,
    ]
    private static let egress = ContextField(offset: 20, size: 4)
    /// `struct vale_bpf_md`, net/vale_bpf_uapi.h.
    private static let vale = [
        ContextField(offset: 0, size: 8, kind: .packet), ContextField(offset: 8, size: 8, kind: .packetEnd),
        ContextField(offset: 16, size: 4), ContextField(offset: 20, size: 1, isWritable: true),
    ]

    private func field(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) -> ContextField {
        guard base.offset == 0, base.hasFixedOffset else {
            throw reject(
                .contextAccess, "the context is accessed through a pointer that was moved by \(base.offset)",
                registers: [number], hint: "access the fields of the context through the program's argument itself")
        }
        let fields = type == .vale ? Self.vale : Self.xdp
        guard let field = fields.first(where: { $0.offset == offset && $0.size == size }) else {
            let name = type == .vale ? "struct vale_bpf_md" : "struct xdp_md"
            throw reject(
                .contextAccess, "\(name) has no field of \(size) bytes at offset \(offset)", registers: [number],
                hint: type == .vale
                    ? "its fields are data (8 bytes at 0), data_end (8 at 8), ingress_port (4 at 16), ring_nr (1 at 20)"
                    : "its fields are 4 bytes each, from 0 to 20")
        }
        return field
    }

    func readContext(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) -> Register {
        let field = try field(number, base, offset: offset, size: size)
        facts.contextLoads[slot] = field.offset
        if type == .xdp, field.offset == Self.egress.offset, program.attachPoint.point != .devmap {
            throw reject(
                .contextAccess, "egress_ifindex is for programs of a devmap's entries", registers: [number],
                hint: "put the program into a section xdp/devmap")
        }
        if field.kind == .scalar { return Register(scalar: Scalar.unsigned(bits: size * 8)) }
        return Register(field.kind)
    }

    func checkContextWrite(_ number: Int, _ base: Register, offset: Int, size: Int) throws(Rejection) {
        let field = try field(number, base, offset: offset, size: size)
        guard field.isWritable else {
            throw reject(
                .contextAccess, "the field of the context at offset \(offset) can't be written", registers: [number],
                hint: type == .vale ? "only ring_nr is writable" : nil)
        }
        facts.writesContext = true
    }
}
