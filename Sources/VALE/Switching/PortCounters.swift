import PacketIO

/// What a port has counted since it was added.
public struct PortCounters: Hashable, Sendable {
    /// Frames that the port handed to the switch. Those that the kernel dropped or cut before are in `drops` alone.
    public var rxFrames: UInt64 = 0
    public var rxBytes: UInt64 = 0
    /// Frames that the kernel accepted.
    public var txFrames: UInt64 = 0
    public var txBytes: UInt64 = 0
    /// Copies beyond the first that broadcasts of frames from this port made.
    public var generated: UInt64 = 0
    /// Dropped frames by reason, those that are not zero. What the program or the ingress decided is counted at the
    /// ingress port, what the egress decided at the egress port.
    public var drops: [DropReason: UInt64] = [:]

    public init() {}

    /// From the words of a `CounterBlock`.
    init(words: UnsafePointer<UInt64>) {
        let block = CounterBlock(words: UnsafeMutablePointer(mutating: words))
        rxFrames = block.rxFrames
        rxBytes = block.rxBytes
        txFrames = block.txFrames
        txBytes = block.txBytes
        generated = block.generated
        for reason in DropReason.allCases {
            let dropped = words[CounterBlock.fixed + Int(reason.rawValue)]
            if dropped > 0 { drops[reason] = dropped }
        }
    }

    /// Frames dropped, all reasons together.
    public var dropped: UInt64 { drops.values.reduce(0, &+) }

    /// Frames that reached the port's socket, kernel drops included: what the ledger calls received.
    public var received: UInt64 { rxFrames &+ drops[.rxRingFull, default: 0] &+ drops[.rxTruncated, default: 0] }

    public static func += (left: inout PortCounters, right: PortCounters) {
        left.rxFrames &+= right.rxFrames
        left.rxBytes &+= right.rxBytes
        left.txFrames &+= right.txFrames
        left.txBytes &+= right.txBytes
        left.generated &+= right.generated
        left.drops.merge(right.drops) { $0 &+ $1 }
    }
}
