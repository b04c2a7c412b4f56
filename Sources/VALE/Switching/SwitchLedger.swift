import PacketIO

/// Where every frame of a switch went, ports that were removed included.
///
/// Taken between two bursts, so that it balances at any time: each frame that was received and each copy that a
/// broadcast generated was either transmitted or dropped for a named reason.
public struct SwitchLedger: Hashable, Sendable {
    public var received: UInt64 = 0
    public var generated: UInt64 = 0
    public var transmitted: UInt64 = 0
    public var drops: [DropReason: UInt64] = [:]

    public init() {}

    init(_ counters: PortCounters) {
        received = counters.received
        generated = counters.generated
        transmitted = counters.txFrames
        drops = counters.drops
    }

    public var dropped: UInt64 { drops.values.reduce(0, &+) }
    public var balanced: Bool { received &+ generated == transmitted &+ dropped }
}
