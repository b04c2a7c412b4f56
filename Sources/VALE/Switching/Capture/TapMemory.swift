import Engine
import PacketIO

/// What a burst needs beside its frames while taps copy them.
struct TapMemory {
    /// Some tap wants to know what becomes of this burst's frames.
    var isNoting = false
    /// Of this burst.
    var nanoseconds: UInt64 = 0
    /// By frame as it came: what became of it. The last word counts where one was cut into several.
    let outcomes: UnsafeMutablePointer<OutcomeCode>
    /// By frame as programs get it: the one that came.
    let origins: UnsafeMutablePointer<UInt16>
    /// Of the frames that stay as they came while programs get others: which of the burst's each is.
    let arrived: UnsafeMutablePointer<UInt16>
    /// For filters.
    let contexts: UnsafeMutablePointer<FrameContext>
    let results: UnsafeMutablePointer<RunResult>
    /// Drop counters of an egress port before frames are sent to it.
    let drops: UnsafeMutablePointer<UInt64>
    private let frames: Int

    init(capacity: Int) {
        frames = 2 * capacity
        outcomes = .allocate(capacity: frames)
        origins = .allocate(capacity: frames)
        arrived = .allocate(capacity: capacity)
        contexts = .allocate(capacity: capacity)
        results = .allocate(capacity: capacity)
        results.initialize(repeating: RunResult(), count: capacity)
        drops = .allocate(capacity: DropReason.count)
    }

    func deallocate() {
        outcomes.deallocate()
        origins.deallocate()
        arrived.deallocate()
        contexts.deallocate()
        results.deallocate()
        drops.deallocate()
    }

    /// Each frame is the one that came, and nobody has said what became of it.
    func reset() {
        for i in 0..<frames {
            outcomes[i] = .unknown
            origins[i] = UInt16(truncatingIfNeeded: i)
        }
    }

    /// The frame that programs get is made of this one of those that stay as they came.
    func make(_ frame: Int, of index: Int) {
        if isNoting { origins[frame] = arrived[index] }
    }

    /// No program gets it.
    func refuse(_ index: Int, _ reason: DropReason) {
        if isNoting { outcomes[Int(arrived[index])] = .drop(reason) }
    }

    @inline(__always) @_noAllocation @_noLocks
    func note(_ frame: UInt16, _ outcome: OutcomeCode) { outcomes[Int(origins[Int(frame)])] = outcome }
}
