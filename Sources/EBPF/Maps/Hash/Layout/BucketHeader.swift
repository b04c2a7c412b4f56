import CLinux
import Synchronization

/// The 16 bytes in front of a bucket of a `HashTable`.
struct BucketHeader {
    let address: UnsafeMutableRawPointer

    /// The slots' tags, and the reference bits in the last byte.
    @inline(__always)
    var tags: UnsafeMutablePointer<Atomic<UInt64>> { address.atomic64(0) }
    @inline(__always)
    var references: UnsafeMutablePointer<Atomic<UInt8>> {
        (address + 7).assumingMemoryBound(to: Atomic<UInt8>.self)
    }
    @inline(__always)
    var version: UnsafeMutablePointer<Atomic<UInt32>> { address.atomic32(8) }
    @inline(__always)
    var overflow: UnsafeMutablePointer<Atomic<UInt32>> { address.atomic32(12) }

    /// Under the bucket's lock. Reference bits that others set at this moment may be lost.
    @inline(__always)
    func setTag(_ index: Int, _ tag: UInt64) {
        let shift = UInt64(truncatingIfNeeded: 8 &* index)
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: 56 &+ index)
        let others = tags.pointee.load(ordering: .relaxed) & ~(0xff &<< shift | bit)
        tags.pointee.store(others | tag &<< shift, ordering: .releasing)
    }

    /// Hot path. Notes that the element was used. No store where that is noted: the line stays shared.
    @inline(__always)
    func refer(_ index: Int) {
        let bit: UInt8 = 1 &<< UInt8(truncatingIfNeeded: index)
        let seen = references.pointee.load(ordering: .relaxed)
        if seen & bit == 0 { references.pointee.store(seen | bit, ordering: .relaxed) }
    }

    /// Counts elements that pass the bucket, or no more.
    @inline(__always)
    func addOverflow(_ change: Int32) {
        overflow.pointee.wrappingAdd(UInt32(bitPattern: change), ordering: .releasing)
    }

    /// Hot path. Locks the bucket if nobody has written or writes there since its version was `seen`.
    @inline(__always)
    func tryLock(_ seen: UInt32) -> Bool {
        guard seen & 1 == 0,
            version.pointee.compareExchange(expected: seen, desired: seen &+ 1, ordering: .acquiring).exchanged
        else { return false }
        // What is written from here on is seen by nobody who has not seen the version.
        atomicMemoryFence(ordering: .releasing)
        return true
    }

    @inline(__always)
    func tryLock() -> Bool { tryLock(version.pointee.load(ordering: .relaxed)) }

    func lock() {
        var backoff = Backoff()
        while !tryLock() { backoff.pause() }
    }

    /// Hot path.
    @inline(__always)
    func unlock() {
        version.pointee.store(version.pointee.load(ordering: .relaxed) &+ 1, ordering: .releasing)
    }
}
