import Object

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
    /// Place of the oldest value, and how many there are. Under the lock.
    private var oldest = 0
    private var count = 0

    init(_ attributes: MapAttributes, values: UnsafeMutableRawPointer) {
        self.values = values
        stride = roundUp8(attributes.valueSize)
        valueSize = attributes.valueSize
        maxEntries = attributes.maxEntries
        isStack = attributes.type == .stack
    }

    private func value(_ index: Int) -> UnsafeMutableRawPointer {
        let place = oldest + index
        return values + (place < maxEntries ? place : place - maxEntries) * stride
    }

    /// With `BPF_EXIST` the newest value takes the place of the oldest, in a stack too, where there is no other.
    mutating func push(_ source: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        guard flags == UpdateMode.any.rawValue || flags == UpdateMode.exist.rawValue else { return .invalid }
        lock.lock()
        defer { lock.unlock() }
        if count == maxEntries {
            guard flags == UpdateMode.exist.rawValue else { return .tooBig }
            dropOldest()
        }
        value(count).copyMemory(from: source, byteCount: valueSize)
        count += 1
        return .done
    }

    /// The value whose turn it is; zeros where there is none.
    mutating func take(_ target: UnsafeMutableRawPointer, removing: Bool) -> MapStatus {
        lock.lock()
        defer { lock.unlock() }
        guard count > 0 else {
            target.initializeMemory(as: UInt8.self, repeating: 0, count: valueSize)
            return .noEntry
        }
        target.copyMemory(from: value(isStack ? count - 1 : 0), byteCount: valueSize)
        guard removing else { return .done }
        if isStack { count -= 1 } else { dropOldest() }
        return .done
    }

    private mutating func dropOldest() {
        oldest = oldest + 1 == maxEntries ? 0 : oldest + 1
        count -= 1
    }

    mutating func removeAll() {
        lock.lock()
        count = 0
        lock.unlock()
    }

    var elements: Int {
        mutating get {
            lock.lock()
            defer { lock.unlock() }
            return count
        }
    }

    /// Copies the value at `index`, from the oldest one on; false where there are not so many.
    mutating func copy(_ index: Int, to target: UnsafeMutableRawPointer?) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard index < count else { return false }
        target?.copyMemory(from: value(index), byteCount: valueSize)
        return true
    }
}
