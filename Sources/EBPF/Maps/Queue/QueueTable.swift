import Object
import Synchronization

/// The values of a queue or a stack, in the order in which they came: a ring of `maxEntries` places.
/// kernel/bpf/queue_stack_maps.c.
///
/// Programs and user space take the same lock, for as long as it takes to copy a value. Lives in the map's memory, behind
/// the values; `QueueMap` points to it.
struct QueueTable: ~Copyable {
    let values: UnsafeMutableRawPointer
    let stride: Int
    let valueSize: Int
    let maxEntries: Int
    let isStack: Bool
    private let lock = SpinLock()
    /// Place of the oldest value, and how many there are. Under the lock; atomic, as threads share the table itself.
    private let oldest = Atomic(0)
    private let count = Atomic(0)

    init(_ attributes: MapAttributes, values: UnsafeMutableRawPointer) {
        self.values = values
        stride = roundUp8(attributes.valueSize)
        valueSize = attributes.valueSize
        maxEntries = attributes.maxEntries
        isStack = attributes.type == .stack
    }

    private func value(_ index: Int) -> UnsafeMutableRawPointer {
        let place = oldest.load(ordering: .relaxed) + index
        return values + (place < maxEntries ? place : place - maxEntries) * stride
    }

    /// With `BPF_EXIST` the newest value takes the place of the oldest, in a stack too, where there is no other.
    func push(_ source: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        guard flags == UpdateMode.any.rawValue || flags == UpdateMode.exist.rawValue else { return .invalid }
        lock.lock()
        defer { lock.unlock() }
        var count = count.load(ordering: .relaxed)
        if count == maxEntries {
            guard flags == UpdateMode.exist.rawValue else { return .tooBig }
            dropOldest()
            count -= 1
        }
        value(count).copyMemory(from: source, byteCount: valueSize)
        self.count.store(count + 1, ordering: .relaxed)
        return .done
    }

    /// The value whose turn it is; zeros where there is none.
    func take(_ target: UnsafeMutableRawPointer, removing: Bool) -> MapStatus {
        lock.lock()
        defer { lock.unlock() }
        let count = count.load(ordering: .relaxed)
        guard count > 0 else {
            target.initializeMemory(as: UInt8.self, repeating: 0, count: valueSize)
            return .noEntry
        }
        target.copyMemory(from: value(isStack ? count - 1 : 0), byteCount: valueSize)
        guard removing else { return .done }
        if !isStack { dropOldest() }
        self.count.store(count - 1, ordering: .relaxed)
        return .done
    }

    /// Moves on to the next value; how many are left is for the caller to note.
    private func dropOldest() {
        let next = oldest.load(ordering: .relaxed) + 1
        oldest.store(next == maxEntries ? 0 : next, ordering: .relaxed)
    }

    func removeAll() {
        lock.lock()
        count.store(0, ordering: .relaxed)
        lock.unlock()
    }

    var elements: Int { count.load(ordering: .relaxed) }

    /// Copies the value at `index`, from the oldest one on; false where there are not so many.
    func copy(_ index: Int, to target: UnsafeMutableRawPointer?) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard index < count.load(ordering: .relaxed) else { return false }
        target?.copyMemory(from: value(index), byteCount: valueSize)
        return true
    }
}
