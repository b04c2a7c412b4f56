import CLinux
import Glibc
import Synchronization

/// A lock for a few instructions, in a word of shared memory.
///
/// Whoever holds it may have lost its CPU to the waiter, so a waiter soon yields.
struct SpinLock: ~Copyable, Sendable {
    private let word = Atomic<UInt32>(0)

    /// Hot path.
    @inline(__always)
    func lock() {
        if word.exchange(1, ordering: .acquiring) != 0 { wait() }
    }

    /// Hot path.
    @inline(__always)
    func unlock() { word.store(0, ordering: .releasing) }

    @inline(never)
    private func wait() {
        var backoff = Backoff()
        repeat {
            while word.load(ordering: .relaxed) != 0 { backoff.pause() }
        } while word.exchange(1, ordering: .acquiring) != 0
    }
}

/// Pauses of a waiting thread: the CPU's first, then the scheduler's.
struct Backoff {
    private var count = 0

    mutating func pause() {
        count &+= 1
        if count & 63 != 0 { clinux_pause() } else { sched_yield() }
    }
}
