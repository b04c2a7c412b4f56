import Object

/// What a filter's program returns for a packet that matches, and for one that does not.
public struct FilterVerdicts: Hashable, Sendable {
    public var type: ProgramType
    public var match: Int32
    public var noMatch: Int32

    /// `XDP_PASS` and `XDP_DROP`.
    public static let xdp = FilterVerdicts(type: .xdp, match: 2, noMatch: 1)

    /// An egress port or 254, broadcast; 255, drop.
    public static func vale(match: UInt8 = 254) -> FilterVerdicts {
        FilterVerdicts(type: .vale, match: Int32(match), noMatch: 255)
    }
}
