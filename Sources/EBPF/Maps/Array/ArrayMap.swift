import Object

/// An array: `maxEntries` values that exist from the start, zeroed; kernel/bpf/arraymap.c.
///
/// Trivially copyable; valid while its `Map` lives.
struct ArrayMap {
    let values: UnsafeMutableRawPointer
    let stride: Int
    let valueSize: Int
    let count: UInt32

    /// Hot path.
    @inline(__always)
    func lookup(_ key: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
        let index = key.loadUnaligned(as: UInt32.self)
        guard index < count else { return nil }
        return values + Int(index) &* stride
    }

    /// Hot path.
    @inline(__always)
    func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        let index = key.loadUnaligned(as: UInt32.self)
        if let refusal = ArrayMap.refusal(index: index, count: count, flags: flags) { return refusal }
        (values + Int(index) &* stride).storeWords(from: value, bytes: valueSize)
        return .done
    }

    /// The checks of an update, in Linux's order.
    @inline(__always)
    static func refusal(index: UInt32, count: UInt32, flags: UInt64) -> MapStatus? {
        // BPF_F_LOCK passes the first check on Linux and fails after the others: no value holds a bpf_spin_lock here.
        if flags & ~Self.lockFlag > UpdateMode.exist.rawValue { return .invalid }
        if index >= count { return .tooBig }
        if flags & UpdateMode.noExist.rawValue != 0 { return .exists }
        if flags & Self.lockFlag != 0 { return .invalid }
        return nil
    }

    private static let lockFlag: UInt64 = 4
}

extension ArrayMap: IndexedStorage {
    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool {
        guard let element = lookup(key) else { return false }
        element.loadWords(to: value, bytes: valueSize)
        return true
    }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus {
        update(key, value, flags: flags)
    }

    func clear() { values.storeZeros(bytes: Int(count) * stride) }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool {
        guard position < Int(count) else { return false }
        key.storeBytes(of: UInt32(position), as: UInt32.self)
        if let value { (values + position * stride).loadWords(to: value, bytes: valueSize) }
        position += 1
        return true
    }
}
