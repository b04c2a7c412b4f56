/// The locks behind `struct bpf_spin_lock`: a table of them, which a lock's address in a value leads to.
///
/// The values' own bytes stay untouched: whoever writes a value as a whole takes no lock away. Values may share a lock;
/// a program holds one at a time, so that nobody waits in a circle.
public enum ValueLocks {
    private static let count = 1024
    private static let stride = 64

    private nonisolated(unsafe) static let table: UnsafeMutableRawPointer = {
        let table = UnsafeMutableRawPointer.allocate(byteCount: count * stride, alignment: stride)
        for index in 0..<count {
            (table + index * stride).bindMemory(to: SpinLock.self, capacity: 1).initialize(to: SpinLock())
        }
        return table
    }()

    /// The lock of the `struct bpf_spin_lock` at `address`: a word of 32 bits that is 1 while it is held.
    public static func lock(at address: UInt) -> UnsafeMutableRawPointer {
        let hash = UInt64(address >> 2) &* 0x9E37_79B9_7F4A_7C15
        return table + Int(hash >> 54) * stride
    }

    /// Waits until nobody holds the lock.
    public static func acquire(_ lock: UnsafeMutableRawPointer) {
        lock.assumingMemoryBound(to: SpinLock.self).pointee.lock()
    }

    public static func release(_ lock: UnsafeMutableRawPointer) {
        lock.assumingMemoryBound(to: SpinLock.self).pointee.unlock()
    }
}
