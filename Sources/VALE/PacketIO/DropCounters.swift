import Synchronization

/// Drops of one port by reason: a `UInt64` for each `DropReason`, indexed by its raw value.
///
/// One writer, the port's worker; any thread may read. Valid until `deallocate()`. A copy refers to the same counters.
public struct DropCounters: BitwiseCopyable, @unchecked Sendable {
    @usableFromInline let counters: UnsafeMutablePointer<UInt64>

    /// Memory of `DropReason.count` counters that someone else owns.
    @inlinable
    public init(_ counters: UnsafeMutablePointer<UInt64>) {
        self.counters = counters
    }

    /// All zero.
    public static func allocate() -> DropCounters {
        let counters = UnsafeMutablePointer<UInt64>.allocate(capacity: DropReason.count)
        counters.initialize(repeating: 0, count: DropReason.count)
        return DropCounters(counters)
    }

    public func deallocate() { counters.deallocate() }

    @inlinable @inline(__always)
    func atomic(_ reason: DropReason) -> UnsafeMutablePointer<Atomic<UInt64>> {
        UnsafeMutableRawPointer(counters + Int(reason.rawValue)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Hot path. The one writer only: a load and a store, no read-modify-write.
    @inlinable @inline(__always)
    public func add(_ reason: DropReason, _ count: Int = 1) {
        let counter = atomic(reason)
        counter.pointee.store(
            counter.pointee.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: count), ordering: .relaxed)
    }

    /// Any thread.
    @inlinable
    public subscript(_ reason: DropReason) -> UInt64 {
        atomic(reason).pointee.load(ordering: .relaxed)
    }

    /// Of all reasons. Any thread; the reasons are not read at one moment.
    public var total: UInt64 {
        var sum: UInt64 = 0
        for reason in DropReason.allCases { sum &+= self[reason] }
        return sum
    }
}
