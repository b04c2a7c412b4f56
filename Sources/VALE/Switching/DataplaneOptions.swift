/// How the dataplane's worker runs.
public struct DataplaneOptions: Hashable, Sendable {
    public var pinning: Pinning
    /// Never sleep: a whole CPU for the lowest latency.
    public var busyPoll: Bool
    /// Frames that are received, run and sent together, 1 to 256.
    public var burst: Int
    /// Microseconds that an idle worker looks for more frames before it sleeps, at most.
    public var spinMicroseconds: Int

    public enum Pinning: Hashable, Sendable {
        /// The highest-numbered CPU that the process may use.
        case automatic
        case cpu(Int)
        /// Wherever the scheduler puts it.
        case none
    }

    public init(
        pinning: Pinning = .automatic, busyPoll: Bool = false, burst: Int = Self.maximumBurst,
        spinMicroseconds: Int = 50
    ) {
        self.pinning = pinning
        self.busyPoll = busyPoll
        self.burst = burst
        self.spinMicroseconds = spinMicroseconds
    }

    public static let maximumBurst = 256
}
