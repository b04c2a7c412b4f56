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
/// - `version` is a sequence lock on the bucket: odd while somebody writes there, one more when a write begins and one
///   more when it ends; single words of programs don't count. A lookup that compares a key of several words makes sure
///   that no write began meanwhile: it never waits. Whoever copies a value waits for an even version.
/// - Whoever inserts or deletes a key holds the lock of its home bucket: while that bucket's version stays the same, the
///   key stays where it is, or absent. If the slot is in another bucket, he locks that one too.
/// - A program overwrites a value of up to 8 bytes with one store, without a lock: the slot stays the key's until the
///   program's worker passes a quiescent point. Larger values, LRU maps' and user space's are written under the lock of
///   the slot's bucket.
/// - A deleted slot is retired: another key gets it when every worker has passed a quiescent point, since a program may
///   hold its address. When more slots are retired than there are spare ones, an insertion fails with ENOMEM, unless no
///   other worker is online: then nobody is about to write there, and retired slots are used again at once. So they are
///   in an LRU map, whose insertions never fail. The same key may have its slot back at any time.
/// - In an LRU map each slot has a reference bit, which whoever uses the element sets, and a hand of each worker goes
///   round the buckets to find an element without one to evict.
///
/// Lives in memory of its own; `HashMap` points to it.
struct HashTable: ~Copyable {
    // Constant. What a lookup in a plain map needs comes first, on one line.
    let headers: UnsafeMutableRawPointer
    /// The high bit of the tag of each slot.
    let tagMask: UInt64
    let slotStride: Int
    /// From a slot's start to its value.
    let valueOffset: Int
    /// Where the number of buckets and their stride are powers of two: the bits of a hash's `place` that are the offset
    /// of the home bucket. 0 where not: `place` is scaled to the number of buckets then.
    let placeMask: UInt64
    let secret: HashSecret
    let headerStride: Int
    let buckets: UInt64
    let slots: UnsafeMutableRawPointer
    let bucketStride: Int
    /// Slots in a bucket.
    let width: Int
    private let placeShift: UInt64
    let isPerCPU: Bool
    let isLRU: Bool
    /// Whether programs overwrite values without a lock: one word, and no LRU map.
    let hasWordValues: Bool
    /// Whether slots are right behind their bucket's header.
    let isNear: Bool
    /// Whether a lookup is no more than that besides: neither per-CPU nor LRU.
    let isPlain: Bool
    let keyForm: KeyForm
    /// Of a per-CPU map: a worker's together, at the element's number.
    let values: UnsafeMutableRawPointer
    let valueStride: Int
    /// From one bucket's values to the next one's.
    let bucketValueStride: Int
    let workerStride: Int
    let workers: Int

    let keySize: Int
    let valueSize: Int
    let maxEntries: Int
    let domain: Unmanaged<WorkerDomain>
    /// One for each worker, and the last one for all others.
    let writers: UnsafeMutablePointer<HashWriter>
    /// Deletions that a writer counts for itself.
    let countedRetired: Int
    private let padding = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    // On other cache lines than the constants. Atomics in the table also make it a type that is passed by address: a call
    // that is not inlined would copy it otherwise.
    let retirement: Retirement
    /// Of those who move room between writers.
    let roomLock = SpinLock()

    enum KeyForm: UInt8 { case four, eight, short, twoWords, long }

    init(
        _ layout: HashLayout, base: UnsafeMutableRawPointer, attributes: MapAttributes, domain: WorkerDomain,
        secret: HashSecret = HashSecret()
    ) {
        headers = base + layout.headers
        headerStride = layout.headerStride
        slots = base + layout.slots
        bucketStride = layout.bucketStride
        slotStride = layout.slotStride
        buckets = UInt64(layout.buckets)
        placeMask = layout.placeMask
        placeShift = UInt64(layout.bucketStride.trailingZeroBitCount)
        self.secret = secret
        tagMask = Self.highBits & (1 << UInt64(8 * layout.width) - 1)
        width = layout.width
        valueOffset = roundUp8(attributes.keySize)
        isPerCPU = layout.workerStride != 0
        isLRU = attributes.type == .lruHash || attributes.type == .lruPerCPUHash
        hasWordValues = attributes.valueSize <= 8 && !isLRU
        isNear = layout.slots == layout.headers + HashLayout.headerSize
        isPlain = !isPerCPU && !isLRU && isNear
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
        bucketValueStride = layout.width * layout.valueStride
        workerStride = layout.workerStride
        workers = domain.workers
        keySize = attributes.keySize
        valueSize = attributes.valueSize
        maxEntries = attributes.maxEntries
        self.domain = .passUnretained(domain)
        let generations = (base + layout.generations).bindMemory(to: Generations.self, capacity: 1)
        generations.initialize(to: Generations(limit: layout.spare + layout.generation, size: layout.generation))
        retirement = Retirement(generations, domain: .passUnretained(domain))
        writers = (base + layout.writers).bindMemory(to: HashWriter.self, capacity: domain.slots)
        for writer in 0...domain.workers {
            let hand = layout.buckets / domain.slots * writer
            (writers + writer).initialize(to: HashWriter(hand: hand, isShared: writer == domain.workers))
        }
        writers[domain.workers].free(attributes.maxEntries)
        countedRetired = max(min(64, layout.generation / (2 * domain.slots)), 1)
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

    /// Of a per-CPU map: a bucket's values for a worker.
    @inline(__always)
    func values(of bucket: Int, worker: Int) -> UnsafeMutableRawPointer {
        values + worker &* workerStride + bucket &* bucketValueStride
    }

    /// An element's value, for a worker.
    @inline(__always)
    func value(_ place: Place, worker: Int) -> UnsafeMutableRawPointer {
        isPerCPU
            ? values(of: place.bucket, worker: worker) + place.index &* valueStride : place.slot + valueOffset
    }

    /// The home bucket.
    @inline(__always)
    func home(_ hash: KeyHash) -> Int {
        Int(
            truncatingIfNeeded: placeMask != 0
                ? (hash.place & placeMask) &>> placeShift : (hash.place &* buckets) &>> 32)
    }

    /// The header of the home bucket where slots are behind their headers: `header(home(hash))` in less time.
    @inline(__always)
    func nearHeader(_ hash: KeyHash) -> BucketHeader {
        placeMask != 0
            ? BucketHeader(address: headers + Int(truncatingIfNeeded: hash.place & placeMask)) : header(home(hash))
    }

    @inline(__always)
    func bucket(after bucket: Int) -> Int {
        bucket &+ 1 == Int(truncatingIfNeeded: buckets) ? 0 : bucket &+ 1
    }

    @inline(__always)
    static func tag(_ hash: KeyHash) -> UInt64 { hash.mark & 0x7f | 0x80 }

    /// The slots with the hash's tag, as the high bits of their bytes. May also name a slot whose tag differs in the
    /// lowest bit only, above one that is equal: the key tells.
    @inline(__always)
    func candidates(_ tags: UInt64, _ hash: KeyHash) -> UInt64 {
        let difference = tags ^ (Self.tag(hash) &* Self.lowBits)
        return (difference &- Self.lowBits) & ~difference & tagMask
    }
}
