/// What a port knows of a frame that it received, for the kernel functions `bpf_xdp_metadata_*`.
public struct ReceiveMetadata: BitwiseCopyable, Hashable, Sendable {
    public struct Fields: OptionSet, BitwiseCopyable, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let timestamp = Fields(rawValue: 1)
        public static let hash = Fields(rawValue: 2)
        public static let vlanTag = Fields(rawValue: 4)
    }

    /// What the port tells of frames at all: the rest is -EOPNOTSUPP.
    public var offered: Fields
    /// What it tells of this frame: the rest is -ENODATA.
    public var present: Fields
    /// When it came in, by CLOCK_TAI, nanoseconds.
    public var timestampNs: UInt64 = 0
    public var hash: UInt32 = 0
    /// `enum xdp_rss_hash_type`: which headers are hashed.
    public var hashType: UInt32 = 0
    /// `ETH_P_8021Q` or `ETH_P_8021AD`, and the tag.
    public var vlanProtocol: UInt16 = 0
    public var vlanTCI: UInt16 = 0

    public init(offered: Fields, present: Fields = []) {
        self.offered = offered
        self.present = present
    }
}
