/// Where a frame goes that a program redirected: what `bpf_redirect` or `bpf_redirect_map` last asked for.
///
/// Means something when the result is `XDP_REDIRECT`. Source: `struct bpf_redirect_info`, bpf-helpers(7).
public struct Redirect: BitwiseCopyable, Hashable, Sendable {
    public enum Kind: UInt8, BitwiseCopyable, Sendable {
        case none
        /// The port of an interface.
        case interface
        /// Every port of a devmap.
        case broadcast
        /// Another worker.
        case worker
    }

    public var kind: Kind
    /// broadcast: `BPF_F_EXCLUDE_INGRESS`.
    public var excludesIngress: Bool
    /// interface: its number. worker: CPU number of a cpumap's entry.
    public var target: UInt32
    /// broadcast: the devmap, address of a `MapCore`.
    public var map: UInt
    /// interface and worker: the entry's program, address of a `ProgramCore`; 0 where it has none. It runs at the
    /// egress, before the frame is sent.
    public var program: UInt

    public static let none = Redirect()

    @inlinable
    public init(
        kind: Kind = .none, target: UInt32 = 0, excludesIngress: Bool = false, map: UInt = 0, program: UInt = 0
    ) {
        self.kind = kind
        self.excludesIngress = excludesIngress
        self.target = target
        self.map = map
        self.program = program
    }
}

extension Executable {
    /// The program of the map's entry that a frame was redirected through; nil where it has none. Valid as long as the
    /// worker passes no quiescent point.
    public init?(_ redirect: Redirect) {
        guard let core = UnsafeMutablePointer<ProgramCore>(bitPattern: redirect.program) else { return nil }
        self.init(core: core)
    }
}
