/// Where an XDP program may run, and whether it takes frames that lie in pieces: what the name of its section says.
/// Source: libbpf's sections; `enum bpf_attach_type`, <linux/bpf.h>.
public struct XDPAttachPoint: Hashable, Sendable {
    public enum Point: String, Hashable, Sendable {
        /// At a port: `BPF_XDP`.
        case interface
        /// On the way out, as the program of a devmap's entry: `BPF_XDP_DEVMAP`. It alone sees the egress interface.
        case devmap
        /// On another worker, as the program of a cpumap's entry: `BPF_XDP_CPUMAP`.
        case cpumap
    }

    public var point: Point
    /// `xdp.frags`. All frames here are in one piece, so that it makes no difference.
    public var takesFragments: Bool

    public init(_ point: Point = .interface, takesFragments: Bool = false) {
        self.point = point
        self.takesFragments = takesFragments
    }

    /// `xdp/devmap`, `xdp.frags/cpumap`, and `xdp_devmap` as libbpf had it before; any other section is for ports.
    init(section: String) {
        let parts = section.split(separator: "/", omittingEmptySubsequences: false)
        self.init(takesFragments: parts[0] == "xdp.frags")
        let place =
            switch parts[0] {
            case "xdp", "xdp.frags": parts.count > 1 ? String(parts[1]) : ""
            case "xdp_devmap": "devmap"
            case "xdp_cpumap": "cpumap"
            default: ""
            }
        point = Point(rawValue: place) ?? .interface
    }
}
