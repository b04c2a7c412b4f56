/// What a program is for, which decides its context and what its result means.
public enum ProgramType: String, CaseIterable, Hashable, Sendable {
    /// Decides where a frame goes: context `struct vale_bpf_md`, result an egress port, 254 (all) or 255 (drop).
    case vale
    /// Decides what happens to a frame at a port: context `struct xdp_md`, result `enum xdp_action`.
    case xdp
    /// Raw memory: r1 points to it and r2 is its length. For `swale exec` only.
    case memory
}
