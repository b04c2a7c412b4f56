/// One frame of a path: registers, stack, and where to go on after it.
///
/// A view on memory from a `FramePool`; a copy of the struct is the same frame.
struct Frame: BitwiseCopyable {
    /// r0 to r10.
    let registers: UnsafeMutablePointer<Register>
    /// 64 slots, slot i from r10 - 8 * (i + 1); those from `slotCount` on are not initialised.
    let slots: UnsafeMutablePointer<StackSlot>
    var slotCount = 0
    /// Number of its function.
    var function = 0
    /// Slot of the call that entered it.
    var callSite = 0
    var callback = Callback.none
    /// Times that the callback has run on this path.
    var iteration: UInt32 = 0

    enum Callback: UInt8 {
        case none
        case loop
        case forEach
    }

    static let stackSlots = 64
    static let registerCount = 11
    static let bytes = registerCount * MemoryLayout<Register>.stride + stackSlots * MemoryLayout<StackSlot>.stride

    /// Whether the byte at this distance from the top was written.
    func isWritten(_ byte: Int) -> Bool {
        let slot = (-byte - 1) / 8
        return slot < slotCount && slots[slot][byte + 8 * (slot + 1)] != .uninitialized
    }

    /// Makes slots up to the one with this number usable.
    mutating func reach(_ slot: Int) {
        while slotCount <= slot {
            slots[slotCount] = .uninitialized
            slotCount += 1
        }
    }
}

/// Memory of frames, used again.
final class FramePool {
    private var free: [UnsafeMutableRawPointer] = []
    private var all: [UnsafeMutableRawPointer] = []
    /// Of frames in use.
    private(set) var bytesInUse = 0

    deinit { for memory in all { memory.deallocate() } }

    func take() -> Frame {
        let memory: UnsafeMutableRawPointer
        if let used = free.popLast() {
            memory = used
        } else {
            memory = .allocate(byteCount: Frame.bytes, alignment: 8)
            all.append(memory)
        }
        bytesInUse += Frame.bytes
        let registers = memory.bindMemory(to: Register.self, capacity: Frame.registerCount)
        let slots = (memory + Frame.registerCount * MemoryLayout<Register>.stride)
            .bindMemory(to: StackSlot.self, capacity: Frame.stackSlots)
        return Frame(registers: registers, slots: slots)
    }

    func copy(_ frame: Frame) -> Frame {
        let made = take()
        made.registers.update(from: frame.registers, count: Frame.registerCount)
        made.slots.update(from: frame.slots, count: frame.slotCount)
        var copy = Frame(registers: made.registers, slots: made.slots)
        copy.slotCount = frame.slotCount
        copy.function = frame.function
        copy.callSite = frame.callSite
        copy.callback = frame.callback
        copy.iteration = frame.iteration
        return copy
    }

    func give(_ frame: Frame) {
        free.append(UnsafeMutableRawPointer(frame.registers))
        bytesInUse -= Frame.bytes
    }
}

extension Frame {
    /// The spilled register of a slot.
    func spill(_ index: Int) -> UnsafeMutablePointer<Register> {
        (UnsafeMutableRawPointer(slots + index) + MemoryLayout<StackSlot>.offset(of: \StackSlot.spill).unsafelyUnwrapped)
            .assumingMemoryBound(to: Register.self)
    }
}
