import CLinux
import Glibc
import Synchronization

/// A ring of records that programs write and one reader reads: kernel/bpf/ringbuf.c.
///
///     record:  | length 30, discarded 1, busy 1 | extra 32 | bytes, padded to 8 |
///
/// Records are in the order in which they were reserved; one that is not submitted yet holds up the reader. Positions only
/// grow. Lives in the map's memory.
struct RecordRing: ~Copyable {
    let data: UnsafeMutableRawPointer
    let mask: UInt64
    private let descriptor: Int32
    /// Whether the reader waits; shared by all rings of a map.
    private let armed: UnsafeMutablePointer<Atomic<UInt32>>
    private let lock = SpinLock()
    /// No record before it is busy. Under the lock; atomic, as threads share the ring itself.
    private let pending = Atomic<UInt64>(0)
    private let produced = Atomic<UInt64>(0)
    private let consumed = Atomic<UInt64>(0)
    private let lost = Atomic<UInt64>(0)

    static let headerSize = 8
    private static let busy: UInt32 = 1 << 31
    private static let discarded: UInt32 = 1 << 30
    /// `RINGBUF_MAX_RECORD_SZ`
    private static let longest = Int(UInt32.max / 4)

    init(_ memory: RingMemory, descriptor: Int32, armed: UnsafeMutablePointer<Atomic<UInt32>>) {
        data = memory.base
        mask = UInt64(memory.bytes - 1)
        self.descriptor = descriptor
        self.armed = armed
    }

    private func header(_ position: UInt64) -> UnsafeMutablePointer<Atomic<UInt32>> {
        data.atomic32(Int(position & mask))
    }

    private static func stride(_ length: Int) -> UInt64 { UInt64(roundUp8(length + headerSize)) }

    /// Room for a record of `bytes` bytes, aligned to 8; nil where there is none, and the record is lost.
    func reserve(_ bytes: Int, extra: UInt32 = 0) -> UnsafeMutableRawPointer? {
        guard bytes >= 0, bytes <= Self.longest, Self.stride(bytes) <= mask + 1 else { return nil }
        lock.lock()
        let position = produced.load(ordering: .relaxed)
        var pending = pending.load(ordering: .relaxed)
        while pending < position {
            let length = header(pending).pointee.load(ordering: .acquiring)
            guard length & Self.busy == 0 else { break }
            pending += Self.stride(Int(length & ~Self.discarded))
        }
        self.pending.store(pending, ordering: .relaxed)
        let end = position + Self.stride(bytes)
        guard end - consumed.load(ordering: .acquiring) <= mask, end - pending <= mask else {
            lock.unlock()
            lost.wrappingAdd(1, ordering: .relaxed)
            return nil
        }
        header(position).pointee.store(UInt32(bytes) | Self.busy, ordering: .relaxed)
        let record = data + Int(position & mask)
        record.storeBytes(of: extra, toByteOffset: 4, as: UInt32.self)
        produced.store(end, ordering: .releasing)
        lock.unlock()
        return record + Self.headerSize
    }

    /// Hands a record to the reader, or drops it. Wakes the reader where it waits for this very record, or as flags say.
    func commit(_ record: UnsafeMutableRawPointer, discard: Bool = false, flags: UInt64 = 0) {
        let start = record - Self.headerSize
        let header = start.atomic32()
        let length = header.pointee.load(ordering: .relaxed) & ~Self.busy
        header.pointee.store(length | (discard ? Self.discarded : 0), ordering: .sequentiallyConsistent)
        let isNext = consumed.load(ordering: .sequentiallyConsistent) & mask == UInt64(start - data)
        if flags & WakeUp.force != 0 || isNext && flags & WakeUp.never == 0 { wake() }
    }

    /// `BPF_RB_NO_WAKEUP` and `BPF_RB_FORCE_WAKEUP`, <linux/bpf.h>.
    enum WakeUp {
        static let never: UInt64 = 1
        static let force: UInt64 = 2
    }

    /// A system call only where the reader has said that it waits.
    private func wake() {
        guard armed.pointee.load(ordering: .sequentiallyConsistent) != 0,
            armed.pointee.exchange(0, ordering: .sequentiallyConsistent) != 0
        else { return }
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    func noteLoss() { lost.wrappingAdd(1, ordering: .relaxed) }

    var lostRecords: UInt64 { lost.load(ordering: .relaxed) }

    /// `BPF_RB_AVAIL_DATA` and so on, <linux/bpf.h>; 0 for what is not known.
    func query(_ what: UInt64) -> UInt64 {
        let (end, start) = (produced.load(ordering: .acquiring), consumed.load(ordering: .acquiring))
        return switch what {
        case 0: end &- start
        case 1: mask + 1
        case 2: start
        case 3: end
        default: 0
        }
    }

    /// Whether there is a record to read. One reader at a time, as for `read`.
    var hasRecord: Bool {
        let position = consumed.load(ordering: .relaxed)
        guard position < produced.load(ordering: .acquiring) else { return false }
        return header(position).pointee.load(ordering: .sequentiallyConsistent) & Self.busy == 0
    }

    /// The next record's bytes, and what came with them, to `body`; false where there is none, or it is not submitted.
    func read(_ body: (_ bytes: UnsafeRawBufferPointer, _ extra: UInt32) -> Void) -> Bool {
        var position = consumed.load(ordering: .relaxed)
        while position < produced.load(ordering: .acquiring) {
            let length = header(position).pointee.load(ordering: .acquiring)
            guard length & Self.busy == 0 else { return false }
            let bytes = Int(length & ~Self.discarded)
            let isRecord = length & Self.discarded == 0
            if isRecord {
                let record = data + Int(position & mask)
                body(
                    UnsafeRawBufferPointer(start: record + Self.headerSize, count: bytes),
                    record.load(fromByteOffset: 4, as: UInt32.self))
            }
            position += Self.stride(bytes)
            consumed.store(position, ordering: .sequentiallyConsistent)
            if isRecord { return true }
        }
        return false
    }
}
