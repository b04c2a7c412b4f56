import CLinux
import Glibc
import Synchronization

/// The workers that may hold pointers into maps and snapshots, and their quiescent points.
///
/// A worker announces a quiescent point when it holds no such pointer; memory that was unpublished before then may be
/// reused once every online worker has announced one. A worker that sleeps goes offline, so that nobody waits for it.
/// (Quiescent-state-based reclamation.)
public final class WorkerDomain: Sendable {
    /// Workers that run programs, numbered from 0.
    public let workers: Int
    /// Per-CPU slots: one for each worker, and a last one that belongs to none (test runs, control).
    public var slots: Int { workers + 1 }
    /// The slot that belongs to no worker; user space never sees its values.
    public var spareSlot: Int { workers }

    /// A worker's state: 0 offline, else the epoch that it has seen. 64 bytes apart.
    private nonisolated(unsafe) let states: UnsafeMutableRawPointer
    private let epoch = Atomic<UInt64>(1)

    private static let stride = 64

    public init(workers: Int = 1) {
        precondition(workers >= 1 && workers <= 256)
        self.workers = workers
        states = .allocate(byteCount: (workers + 1) * Self.stride, alignment: Self.stride)
        for slot in 0...workers {
            (states + slot * Self.stride).bindMemory(to: Atomic<UInt64>.self, capacity: 1).initialize(to: Atomic(0))
        }
    }

    deinit { states.deallocate() }

    @inline(__always)
    private func state(_ slot: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (states + slot * Self.stride).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The worker may hold pointers from here on.
    public func online(_ slot: Int) {
        state(slot).pointee.store(epoch.load(ordering: .acquiring), ordering: .sequentiallyConsistent)
        // A writer that read "offline" must see no load of ours from before this point.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    /// The worker holds no pointer until it is online again.
    public func offline(_ slot: Int) {
        state(slot).pointee.store(0, ordering: .releasing)
    }

    /// Hot path: one load and one store, once a burst. The worker holds no pointer at this moment.
    public func quiescent(_ slot: Int) {
        // No fence: until the store is seen, `hasPassed` sees an older epoch and waits; and whoever has seen an epoch has
        // seen what was unpublished before it began.
        state(slot).pointee.store(epoch.load(ordering: .acquiring), ordering: .releasing)
    }

    /// Call after unpublishing something. `hasPassed` of the result tells when its memory may be reused.
    public func retire() -> UInt64 {
        epoch.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
    }

    /// Whether every online worker has passed a quiescent point since `retire()` gave `target`.
    public func hasPassed(_ target: UInt64) -> Bool {
        for slot in 0..<slots {
            let seen = state(slot).pointee.load(ordering: .sequentiallyConsistent)
            if seen != 0 && seen < target { return false }
        }
        return true
    }

    /// Whether no worker is online, but for `slot` if it is: none of the others holds a pointer, or will to what was
    /// unpublished before the call.
    public func isOffline(except slot: Int?) -> Bool {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return (0..<slots).allSatisfy { $0 == slot || state($0).pointee.load(ordering: .sequentiallyConsistent) == 0 }
    }

    /// Waits until whatever was unpublished before the call is held by no worker. Never from a worker.
    public func synchronize() {
        while !waitForQuiescence() {}
    }

    /// The same, for some 20 ms at most. Whether it came to pass.
    public func waitForQuiescence() -> Bool {
        let target = retire()
        for spins in 0..<400 {
            if hasPassed(target) { return true }
            if spins < 100 { clinux_pause() } else { usleep(50) }
        }
        return hasPassed(target)
    }
}
