/// All that is known at one point of one path.
struct State {
    /// The entry function's frame first. Owned: `release` gives them back.
    var frames: [Frame]
    /// What must be released before the program ends.
    var references: [Reference] = []
    var lock: Lock?
    /// How often the path has entered a callback.
    var callbackRuns: UInt32 = 0

    struct Reference: Equatable {
        var id: UInt32
        /// The call that acquired it.
        var slot: Int
    }

    struct Lock: Equatable {
        var map: MapReference
        /// Of the value that holds the lock.
        var id: UInt32
        var slot: Int
    }

    static let maxFrames = 8

    init(pool: FramePool) {
        let frame = pool.take()
        frame.registers.update(repeating: .uninitialized, count: Frame.registerCount)
        frame.registers[10] = Register(.stack)
        frames = [frame]
    }

    var top: Frame {
        get { frames[frames.count - 1] }
        set { frames[frames.count - 1] = newValue }
    }

    func copy(in pool: FramePool) -> State {
        var copy = self
        for index in frames.indices { copy.frames[index] = pool.copy(frames[index]) }
        return copy
    }

    func release(to pool: FramePool) {
        for frame in frames { pool.give(frame) }
    }

    /// Every register, and every spilled one.
    @inline(__always)
    func forEachRegister(_ body: (UnsafeMutablePointer<Register>) -> Void) {
        for frame in frames {
            for number in 0..<10 { body(frame.registers + number) }
            for index in 0..<frame.slotCount where frame.slots[index].spillSize > 0 {
                let spill =
                    UnsafeMutableRawPointer(frame.slots + index)
                    + MemoryLayout<StackSlot>.offset(of: \StackSlot.spill).unsafelyUnwrapped
                body(spill.assumingMemoryBound(to: Register.self))
            }
        }
    }
}
