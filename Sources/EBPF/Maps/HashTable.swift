import CLinux
import Glibc
import Object
import Synchronization

/// The table behind hash maps: open addressing in buckets of 6 or 7 slots whose elements never move.
///
///     bucket:  | tags, 8 x 8 bits | version 32 | overflow 32 | pad | slot 0 | slot 1 | ... |
///     slot:    | key, whole words | value, whole words |            (per-CPU values lie elsewhere)
///
/// - A tag is 0 for a free slot, 1 for a retired one, else 0x80 and 7 bits of the key's hash. A lookup compares all tags
///   of a bucket at once. A key that finds its bucket full goes to the next one; `overflow` counts the elements that
///   passed a bucket on their way, so that a lookup knows when to stop, without tombstones.
/// - `version` is a sequence lock on the bucket: odd while somebody writes there, one more when a write begins and one
///   more when it ends. A lookup only makes sure that no write began between its reading the tags and the key: it never
///   waits. Whoever copies a value waits for an even version.
/// - Inserting and deleting take the map's lock, and the bucket's for the moment of the change. Overwriting takes the
///   bucket's only.
/// - A deleted slot is retired: another key gets it when every worker has passed a quiescent point, since a program
///   may hold its address; or at once, when more slots are retired than there are spare ones. The same key may have
///   it back at any time.
///
/// Lives in memory of its own; `HashMap` and `PerCPUHashMap` point to it.
struct HashTable: ~Copyable {
    // Constant. Bucket headers: inside the buckets, or apart from them when elements are large.
    let headers: UnsafeMutableRawPointer
    let headerStride: Int
    let slots: UnsafeMutableRawPointer
    let bucketStride: Int
    let slotStride: Int
    let buckets: Int
    let secret: HashSecret
    let keySize: Int
    let keyForm: KeyForm
    /// From a slot's start to its value; for per-CPU maps, of no meaning.
    let valueOffset: Int
    /// Slots in a bucket.
    let width: Int
    /// The high bit of the tag of each slot.
    let tagMask: UInt64

    let valueSize: Int
    let maxEntries: Int
    /// Retired slots beyond this number are reused at once.
    let spare: Int
    let perCPU: PerCPUValues?
    /// Per bucket, when its youngest retired slot may be reused.
    let stamps: UnsafeMutablePointer<UInt64>
    private let domain: Unmanaged<WorkerDomain>
    /// Only under the lock. Behind the table, where `writers` is.
    let retirement: UnsafeMutablePointer<Retirement>
    private let padding = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    let writers = Writers()

    /// What writers share, on another cache line than the constants. Atomics in the table also make it a type that is
    /// passed by address: a call that is not inlined would copy it otherwise.
    struct Writers: ~Copyable {
        let lock = SpinLock()
        let count = Atomic<Int>(0)
        /// Insertions and deletions so far.
        let changes = Atomic<UInt64>(0)
    }

    enum KeyForm: UInt8 { case four, eight, short, twoWords, long }

    /// Where the values of a per-CPU map are: a worker's together, at the element's number.
    struct PerCPUValues {
        let base: UnsafeMutableRawPointer
        let stride: Int
        let workerStride: Int
        let workers: Int

        @inline(__always)
        func address(_ element: Int, slot: Int) -> UnsafeMutableRawPointer {
            base + slot &* workerStride + element &* stride
        }
    }

    init(_ layout: HashLayout, base: UnsafeMutableRawPointer, attributes: MapAttributes, domain: WorkerDomain) {
        headers = base + layout.headers
        headerStride = layout.headerStride
        slots = base + layout.slots
        bucketStride = layout.bucketStride
        slotStride = layout.slotStride
        buckets = layout.buckets
        secret = HashSecret()
        keySize = attributes.keySize
        keyForm =
            switch attributes.keySize {
            case 4: .four
            case 8: .eight
            case ..<8: .short
            case ...16: .twoWords
            default: .long
            }
        valueOffset = roundUp8(attributes.keySize)
        width = layout.width
        tagMask = layout.width == 8 ? Self.highBits : Self.highBits & (1 << UInt64(8 * layout.width) - 1)
        valueSize = attributes.valueSize
        maxEntries = attributes.maxEntries
        spare = layout.spare
        perCPU = layout.values.map {
            PerCPUValues(
                base: base + $0, stride: layout.valueStride, workerStride: layout.workerStride,
                workers: domain.workers)
        }
        stamps = (base + layout.stamps).assumingMemoryBound(to: UInt64.self)
        self.domain = .passUnretained(domain)
        retirement = (base + layout.table + MemoryLayout<HashTable>.stride)
            .bindMemory(to: Retirement.self, capacity: 1)
        retirement.initialize(to: Retirement())
    }

    static let highBits: UInt64 = 0x8080_8080_8080_8080
    static let lowBits: UInt64 = 0x0101_0101_0101_0101
    static let retiredTag: UInt64 = 1

    @inline(__always)
    func header(_ bucket: Int) -> BucketHeader { BucketHeader(address: headers + bucket &* headerStride) }

    @inline(__always)
    func slot(_ bucket: Int, _ index: Int) -> UnsafeMutableRawPointer {
        slots + bucket &* bucketStride + index &* slotStride
    }

    /// The home bucket: the high bits of the hash, scaled. The tag is made of the low ones.
    @inline(__always)
    func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: buckets)).high)
    }

    @inline(__always)
    func bucket(after bucket: Int) -> Int { bucket &+ 1 == buckets ? 0 : bucket &+ 1 }

    /// Call after a slot's tag is gone. When `hasPassed` the result, no worker holds the slot's address.
    @inline(__always)
    func retire() -> UInt64 { domain._withUnsafeGuaranteedRef { $0.retire() } }

    @inline(__always)
    func hasPassed(_ stamp: UInt64) -> Bool { domain._withUnsafeGuaranteedRef { $0.hasPassed(stamp) } }
}

/// The 16 bytes in front of a bucket.
struct BucketHeader {
    let address: UnsafeMutableRawPointer

    @inline(__always)
    var tags: UnsafeMutablePointer<Atomic<UInt64>> { address.atomic64(0) }
    @inline(__always)
    var version: UnsafeMutablePointer<Atomic<UInt32>> { address.atomic32(8) }
    @inline(__always)
    var overflow: UnsafeMutablePointer<Atomic<UInt32>> { address.atomic32(12) }

    /// Under the map's lock.
    @inline(__always)
    func addOverflow(_ change: Int32) {
        let count = overflow.pointee.load(ordering: .relaxed)
        overflow.pointee.store(count &+ UInt32(bitPattern: change), ordering: .relaxed)
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

    /// Hot path. Waits for other writers in the bucket.
    @inline(__always)
    func lock() {
        if !tryLock(version.pointee.load(ordering: .relaxed)) { wait() }
    }

    /// Hot path.
    @inline(__always)
    func unlock() {
        version.pointee.store(version.pointee.load(ordering: .relaxed) &+ 1, ordering: .releasing)
    }

    @inline(never)
    private func wait() {
        var backoff = Backoff()
        repeat { backoff.pause() } while !tryLock(version.pointee.load(ordering: .relaxed))
    }
}
