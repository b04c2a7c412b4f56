import Engine

/// An XDP program of a port's chain.
public struct XDPAttachment: Sendable {
    public var program: Program
    /// Lower runs earlier; equal ones in the order in which they are given.
    public var priority: Int
    /// Verdicts after which the chain goes on. Where the last program says one of them, the frame passes, as in libxdp's
    /// dispatcher.
    public var chainCalls: Set<XDPVerdict>

    /// What libxdp takes where nobody says.
    public static let defaultPriority = 50
    public static let defaultChainCalls: Set<XDPVerdict> = [.pass]
    /// Programs of a chain. As in libxdp's dispatcher.
    public static let maximumPrograms = 10

    public init(
        _ program: Program, priority: Int = Self.defaultPriority,
        chainCalls: Set<XDPVerdict> = Self.defaultChainCalls
    ) {
        self.program = program
        self.priority = priority
        self.chainCalls = chainCalls
    }
}

/// What a program of a chain has done since it was attached.
public struct XDPCounters: Hashable, Sendable {
    public var runs: UInt64 = 0
    /// Time of all runs together; 0 while it is not measured.
    public var nanoseconds: UInt64 = 0
    /// Those that are not zero.
    public var verdicts: [XDPVerdict: UInt64] = [:]
    /// Results that are no verdict.
    public var invalid: UInt64 = 0
    /// Runs that ended in a fault, the end of fuel included.
    public var faults: UInt64 = 0

    public init() {}
}

/// A program of a chain and what it has done.
public struct XDPAttachmentInfo: Sendable {
    public var attachment: XDPAttachment
    public var counters: XDPCounters
}
