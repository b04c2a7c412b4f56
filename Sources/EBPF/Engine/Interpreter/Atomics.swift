import Synchronization

/// Read-modify-write on memory of a program. The address is aligned and checked. Sequentially consistent, as Linux's
/// JITs make them. Each gives the old value.
enum Atomics {
    @inline(__always)
    private static func cell32(_ p: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt32>> {
        p.assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    @inline(__always)
    private static func cell64(_ p: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        p.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @inline(__always)
    static func add(_ p: UnsafeMutableRawPointer, _ v: UInt32) -> UInt32 {
        cell32(p).pointee.wrappingAdd(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func or(_ p: UnsafeMutableRawPointer, _ v: UInt32) -> UInt32 {
        cell32(p).pointee.bitwiseOr(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func and(_ p: UnsafeMutableRawPointer, _ v: UInt32) -> UInt32 {
        cell32(p).pointee.bitwiseAnd(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func xor(_ p: UnsafeMutableRawPointer, _ v: UInt32) -> UInt32 {
        cell32(p).pointee.bitwiseXor(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func exchange(_ p: UnsafeMutableRawPointer, _ v: UInt32) -> UInt32 {
        cell32(p).pointee.exchange(v, ordering: .sequentiallyConsistent)
    }

    @inline(__always)
    static func compareExchange(_ p: UnsafeMutableRawPointer, expected: UInt32, _ v: UInt32) -> UInt32 {
        cell32(p).pointee.compareExchange(expected: expected, desired: v, ordering: .sequentiallyConsistent).original
    }

    @inline(__always)
    static func add(_ p: UnsafeMutableRawPointer, _ v: UInt64) -> UInt64 {
        cell64(p).pointee.wrappingAdd(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func or(_ p: UnsafeMutableRawPointer, _ v: UInt64) -> UInt64 {
        cell64(p).pointee.bitwiseOr(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func and(_ p: UnsafeMutableRawPointer, _ v: UInt64) -> UInt64 {
        cell64(p).pointee.bitwiseAnd(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func xor(_ p: UnsafeMutableRawPointer, _ v: UInt64) -> UInt64 {
        cell64(p).pointee.bitwiseXor(v, ordering: .sequentiallyConsistent).oldValue
    }

    @inline(__always)
    static func exchange(_ p: UnsafeMutableRawPointer, _ v: UInt64) -> UInt64 {
        cell64(p).pointee.exchange(v, ordering: .sequentiallyConsistent)
    }

    @inline(__always)
    static func compareExchange(_ p: UnsafeMutableRawPointer, expected: UInt64, _ v: UInt64) -> UInt64 {
        cell64(p).pointee.compareExchange(expected: expected, desired: v, ordering: .sequentiallyConsistent).original
    }
}
