import Object

/// An array with a value for every worker and one that belongs to none.
///
/// A worker's values lie together, on cache lines that no other worker writes.
/// Trivially copyable; valid while its `Map` lives.
struct PerCPUArrayMap {
    let values: UnsafeMutableRawPointer
    let stride: Int
    /// From a worker's values to the next worker's, a multiple of the stride and of a cache line.
    let slotStride: Int
    let valueSize: Int
    let count: UInt32
    let workers: Int

    /// Hot path.
    @inline(__always)
    func lookup(_ key: UnsafeRawPointer, slot: Int) -> UnsafeMutableRawPointer? {
        let index = key.loadUnaligned(as: UInt32.self)
        guard index < count else { return nil }
        return values + slot &* slotStride + Int(index) &* stride
    }

    /// Hot path. Programs update both kinds of array by one function of Linux's, user space does not.
    @inline(__always)
    func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64, slot: Int) -> MapStatus {
        let index = key.loadUnaligned(as: UInt32.self)
        if let refusal = ArrayMap.refusal(index: index, count: count, flags: flags) { return refusal }
        (values + slot &* slotStride + Int(index) &* stride).storeWords(from: value, bytes: valueSize)
        return .done
    }

    /// Unlike an array's, the first check of an update from user space refuses `BPF_F_LOCK` too.
    @inline(__always)
    private static func refusal(index: UInt32, count: UInt32, flags: UInt64) -> MapStatus? {
        if flags > UpdateMode.exist.rawValue { return .invalid }
        return ArrayMap.refusal(index: index, count: count, flags: flags)
    }
}

extension PerCPUArrayMap: IndexedStorage {
    private func copy(_ index: Int, to value: UnsafeMutableRawPointer) {
        for worker in 0..<workers {
            (values + worker * slotStride + index * stride).loadWords(to: value + worker * stride, bytes: stride)
        }
    }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        let index = key.loadUnaligned(as: UInt32.self)
        guard index < count else { return false }
        copy(Int(index), to: value)
        return true
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        let index = key.loadUnaligned(as: UInt32.self)
        if let refusal = Self.refusal(index: index, count: count, flags: flags) { return refusal }
        for slot in 0...workers {
            // The slot of no worker takes the first worker's value.
            let source = value + (slot < workers ? slot : 0) * stride
            (values + slot * slotStride + Int(index) * stride).storeWords(from: source, bytes: valueSize)
        }
        return .done
    }

    func clear() { values.storeZeros(bytes: (workers + 1) * slotStride) }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        guard position < Int(count) else { return false }
        key.storeBytes(of: UInt32(position), as: UInt32.self)
        if let value { copy(position, to: value) }
        position += 1
        return true
    }
}
