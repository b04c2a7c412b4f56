/// Kernel functions that programs may call: what the port that a frame came in at knows of it.
///
/// A linked program calls one by `CALL` with `src` 2 and this number. Source: <net/xdp.h>, `bpf_xdp_metadata_*`.
public enum KernelFunction: Int32, CaseIterable, Hashable, Sendable {
    case xdpMetadataRXTimestamp = 1
    case xdpMetadataRXHash = 2
    case xdpMetadataRXVLANTag = 3

    /// As C declares it.
    public var name: String {
        switch self {
        case .xdpMetadataRXTimestamp: "bpf_xdp_metadata_rx_timestamp"
        case .xdpMetadataRXHash: "bpf_xdp_metadata_rx_hash"
        case .xdpMetadataRXVLANTag: "bpf_xdp_metadata_rx_vlan_tag"
        }
    }

    init?(name: String) {
        guard let function = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = function
    }

    /// Its number among the helpers, behind all of Linux's.
    public var helperNumber: UInt32 { Self.firstHelper + UInt32(bitPattern: rawValue) }

    /// Numbers from here on are kernel functions.
    public static let firstHelper: UInt32 = 0x1000
}
