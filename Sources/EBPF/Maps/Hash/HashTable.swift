import CLinux
import Glibc
import Object
import Synchronization

/// The table behind hash maps: open addressing in buckets of 1 to 7 slots whose elements never move.
///
///     bucket:  | tags, 7 x 8 bits | references, 8 bits | version 32 | overflow 32 | slot 0 | slot 1 | ...
///     slot:    | key, whole words | value, whole words |            (per-CPU values lie elsewhere)
///
/// - A bucket of small elements is one cache line; one of large elements has its header apart.
/// - A tag is 0 for a free slot, 1 to 126 for a retired one, else 0x80 and 7 bits of the key's hash. A lookup compares
///   all tags of a bucket at once. A key that finds its bucket full goes to the next one; `overflow` counts the elements
///   that passed a bucket on their way, so that a lookup knows when to stop, without tombstones.
/// - Inserting and deleting take the map's lock. So does overwriting from user space.
/// - A program overwrites a value of up to 8 bytes with one store, without a lock: the slot stays the key's until the
///   program's worker passes a quiescent point. Larger values are written under the bucket's lock.
/// - `version` is a sequence lock on the bucket: odd while somebody writes there, one more when a write begins and one
///   more when it ends; single words of programs don't count. A lookup that compares a key of several words makes sure
///   that no write began meanwhile: it never waits. Whoever copies a value waits for an even version.
/// - A deleted slot is retired: another key gets it when every worker has passed a quiescent point, since a program
///   may hold its address; or at once, when more slots are retired than there are spare ones. The same key may have
///   it back at any time.
/// - In an LRU map each slot has a reference bit, which whoever uses the element sets, and a hand goes round the
///   buckets to find an element without one to evict.
///
/// Lives in memory of its own; `HashMap` points to it.
struct HashTable: ~Copyable {
    // Constant. What a lookup in a plain map needs comes first, on one line.
    let headers: UnsafeMutableRawPointer
    let headerStride: Int
    let buckets: UInt64
    let secret: HashSecret
    /// The high bit of the tag of each slot.
    let tagMask: UInt64
    let slotStride: Int
    /// From a slot's start to its value.
    let valueOffset: Int
    let slots: UnsafeMutableRawPointer
    let bucketStride: Int
    /// Slots in a bucket.
    let width: Int
    let isPerCPU: Bool
    let isLRU: Bool
    /// Whether programs overwrite values without a lock.
    let hasWordValues: Bool
    /// Whether a lookup is no more than that: neither per-CPU nor LRU, slots right behind their bucket's header.
    let isPlain: Bool
    let keyForm: KeyForm
    /// Of a per-CPU map: a worker's together, at the element's number.
    let values: UnsafeMutableRawPointer
    let valueStride: Int
    let workerStride: Int
    let workers: Int

    let keySize: Int
    let valueSize: Int
    let maxEntries: Int
    let domain: Unmanaged<WorkerDomain>
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
        /// The bucket at which an LRU map looks for its next victim.
        let hand = Atomic<Int>(0)
    }

    enum KeyForm: UInt8 { case four, eight, short, twoWords, long }

    init(_ layout: HashLayout, base: UnsafeMutableRawPointer, attributes: MapAttributes, domain: WorkerDomain) {
        headers = base + layout.headers
        headerStride = layout.headerStride
        slots = base + layout.slots
        bucketStride = layout.bucketStride
        slotStride = layout.slotStride
        buckets = UInt64(layout.buckets)
        secret = HashSecret()
        tagMask = Self.highBits & (1 << UInt64(8 * layout.width) - 1)
        width = layout.width
        valueOffset = roundUp8(attributes.keySize)
        isPerCPU = layout.workerStride != 0
        isLRU = attributes.type == .lruHash || attributes.type == .lruPerCPUHash
        hasWordValues = attributes.valueSize <= 8
        isPlain = !isPerCPU && !isLRU && layout.slots == layout.headers + HashLayout.headerSize
        keyForm =
            switch attributes.keySize {
            case 4: .four
            case 8: .eight
            case ..<8: .short
            case ...16: .twoWords
            default: .long
            }
        values = base + layout.values
        valueStride = layout.valueStride
        workerStride = layout.workerStride
        workers = domain.workers
        keySize = attributes.keySize
        valueSize = attributes.valueSize
        maxEntries = attributes.maxEntries
        self.domain = .passUnretained(domain)
        retirement = (base + layout.table + MemoryLayout<HashTable>.stride)
            .bindMemory(to: Retirement.self, capacity: 1)
        retirement.initialize(to: Retirement(limit: layout.spare + layout.generation, generation: layout.generation))
    }

    private static let highBits: UInt64 = 0x8080_8080_8080_8080
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101

    @inline(__always)
    func header(_ bucket: Int) -> BucketHeader { BucketHeader(address: headers + bucket &* headerStride) }

    @inline(__always)
    func slot(_ bucket: Int, _ index: Int) -> UnsafeMutableRawPointer {
        slots + bucket &* bucketStride + index &* slotStride
    }

    /// The slot's number: stable, the position in walks.
    @inline(__always)
    func number(_ bucket: Int, _ index: Int) -> Int { bucket &* width &+ index }

    /// An element's value, for a worker.
    @inline(__always)
    func value(_ place: Place, worker: Int) -> UnsafeMutableRawPointer {
        isPerCPU
            ? values + worker &* workerStride + number(place.bucket, place.index) &* valueStride
            : place.slot + valueOffset
    }

    /// The home bucket: the high bits of the hash, once more multiplied, scaled. The tag is made of the low ones.
    @inline(__always)
    func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: secret.spread(hash).multipliedFullWidth(by: buckets).high)
    }

    @inline(__always)
    func bucket(after bucket: Int) -> Int {
        bucket &+ 1 == Int(truncatingIfNeeded: buckets) ? 0 : bucket &+ 1
    }

    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt64 { hash & 0x7f | 0x80 }

    /// The slots with the hash's tag, as the high bits of their bytes. May also name a slot whose tag differs in the
    /// lowest bit only, above one that is equal: the key tells.
    @inline(__always)
    func candidates(_ tags: UInt64, _ hash: UInt64) -> UInt64 {
        let difference = tags ^ (Self.tag(hash) &* Self.lowBits)
        return (difference &- Self.lowBits) & ~difference & tagMask
    }
}
