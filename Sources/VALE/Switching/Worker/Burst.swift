import Engine
import PacketIO

/// Memory of one burst, reused for each: frames, their contexts and verdicts, and what goes to which egress port.
struct Burst {
    let capacity: Int
    /// Twice as many as a burst has: copies for broadcasts come behind it.
    let frames: UnsafeMutablePointer<Frame>
    let contexts: UnsafeMutablePointer<FrameContext>
    let results: UnsafeMutablePointer<RunResult>
    /// Frame of each context: runts have none.
    let indices: UnsafeMutablePointer<UInt16>
    /// The same within a chain of XDP programs, from one program to the next.
    let chained: UnsafeMutablePointer<UInt16>
    /// Frames as they came, where programs get others.
    let arrived: UnsafeMutablePointer<Frame>
    let memory: UnsafeMutablePointer<ChainMemory>
    let taps: UnsafeMutablePointer<TapMemory>
    /// Per egress number, the frames that go there in their order: `capacity` entries each.
    let selections: UnsafeMutablePointer<UInt16>
    /// Entries in use of each selection.
    let counts: UnsafeMutablePointer<UInt16>
    /// Egress numbers with a selection, in the order of their first frame.
    let touched: UnsafeMutablePointer<UInt8>

    init(capacity: Int) {
        self.capacity = capacity
        frames = .allocate(capacity: 2 * capacity)
        contexts = .allocate(capacity: capacity)
        results = .allocate(capacity: capacity)
        results.initialize(repeating: RunResult(), count: capacity)
        indices = .allocate(capacity: capacity)
        chained = .allocate(capacity: capacity)
        arrived = .allocate(capacity: capacity)
        memory = .allocate(capacity: 1)
        memory.initialize(to: ChainMemory())
        taps = .allocate(capacity: 1)
        taps.initialize(to: TapMemory(capacity: capacity))
        selections = .allocate(capacity: 256 * capacity)
        counts = .allocate(capacity: 256)
        counts.initialize(repeating: 0, count: 256)
        touched = .allocate(capacity: 256)
    }

    func deallocate() {
        frames.deallocate()
        contexts.deallocate()
        results.deallocate()
        indices.deallocate()
        chained.deallocate()
        arrived.deallocate()
        memory.pointee.deallocate()
        memory.deallocate()
        taps.pointee.deallocate()
        taps.deallocate()
        selections.deallocate()
        counts.deallocate()
        touched.deallocate()
    }
}
