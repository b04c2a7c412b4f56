import Engine

/// Which frames a tap copies.
public struct TapOptions: Sendable {
    public enum Direction: String, CaseIterable, Sendable { case `in`, out, both }
    public enum Outcome: String, CaseIterable, Sendable { case any, forwarded, dropped }

    /// By name; nil for all, those to come included.
    public var ports: Set<String>?
    public var direction: Direction
    public var outcome: Outcome
    /// A program of type `xdp` of the dataplane's domain, that passes the frames to copy; nil for all.
    public var filter: Program?
    /// Bytes of a frame that are copied, at most.
    public var snaplen: Int
    /// Of the ring between the worker and whoever drains it: at least 4096, rounded up to a power of two.
    public var ringBytes: Int

    public static let maximumSnaplen = 262_144

    public init(
        ports: Set<String>? = nil, direction: Direction = .both, outcome: Outcome = .any, filter: Program? = nil,
        snaplen: Int = Self.maximumSnaplen, ringBytes: Int = 8 << 20
    ) {
        self.ports = ports
        self.direction = direction
        self.outcome = outcome
        self.filter = filter
        self.snaplen = snaplen
        self.ringBytes = ringBytes
    }
}
