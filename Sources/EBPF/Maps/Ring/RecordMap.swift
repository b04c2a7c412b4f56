import CLinux
import Glibc
import Object
import Synchronization

/// A map of records: a ring buffer has one ring, an array of perf events one for each worker and one for who is none.
///
/// Trivially copyable; valid while its `Map` lives.
struct RecordMap {
    let rings: UnsafeMutablePointer<RecordRing>
    let count: Int
    let maxEntries: Int
    let isPerf: Bool
    /// Owned by the map.
    let reader: Unmanaged<RecordReader>

    /// `BPF_F_CURRENT_CPU`, <linux/bpf.h>.
    private static let currentCPU: UInt64 = 0xFFFF_FFFF

    /// 0 or a negated errno: E2BIG past the end of the map, ENOENT and EOPNOTSUPP for what is no ring or another worker's,
    /// ENOSPC where there is no room.
    func output(
        _ bytes: UnsafeRawBufferPointer, _ packet: UnsafeRawBufferPointer, index: UInt64, slot: Int
    ) -> MapStatus {
        guard isPerf else { return .invalid }
        if index == Self.currentCPU {
            // A test run is no worker's.
            guard slot < maxEntries || slot == count - 1 else { return .tooBig }
        } else {
            guard index < UInt64(maxEntries) else { return .tooBig }
            guard index < UInt64(count - 1) else { return .noEntry }
            guard index == UInt64(slot) else { return .noOperation }
        }
        guard let record = rings[slot].reserve(bytes.count + packet.count, extra: UInt32(bytes.count)) else {
            return .noSpace
        }
        let target = UnsafeMutableRawBufferPointer(start: record, count: bytes.count + packet.count)
        target.copyBytes(from: bytes)
        UnsafeMutableRawBufferPointer(rebasing: target[bytes.count...]).copyBytes(from: packet)
        rings[slot].commit(record)
        return .done
    }
}

extension RecordMap: KeylessStorage {
    var elements: Int { 0 }

    func read(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) -> Bool { false }

    func write(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, flags: UInt64) -> MapStatus { .notSupported }

    func remove(_ key: UnsafeRawPointer) -> MapStatus { .notSupported }

    /// Drops what was not read.
    func clear() { reader._withUnsafeGuaranteedRef { _ = $0.take(limit: .max, bytes: .max) } }

    func next(from position: inout Int, key: UnsafeMutableRawPointer, value: UnsafeMutableRawPointer?) -> Bool { false }
}

/// The records of a map as its reader takes them out; wakes it when there are new ones.
final class RecordReader: @unchecked Sendable {
    private let memories: [RingMemory]
    private let rings: UnsafeMutablePointer<RecordRing>
    private let armed: UnsafeMutablePointer<Atomic<UInt32>>
    private let isPerf: Bool
    let descriptor: Int32
    /// The ring to read next: none waits for others that are never empty.
    private let nextRing = Mutex(0)

    init(rings count: Int, bytes: Int, isPerf: Bool, limit: Int) throws(MapError) {
        var memories: [RingMemory] = []
        for _ in 0..<count { memories.append(try RingMemory(bytes: bytes, limit: limit / count)) }
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .noMemory("there is no descriptor left for the map's reader") }
        armed = .allocate(capacity: 1)
        armed.initialize(to: Atomic(0))
        rings = .allocate(capacity: count)
        for (index, memory) in memories.enumerated() {
            (rings + index).initialize(to: RecordRing(memory, descriptor: descriptor, armed: armed))
        }
        self.memories = memories
        self.isPerf = isPerf
    }

    deinit {
        rings.deallocate()
        armed.deallocate()
        close(descriptor)
    }

    var bytes: Int { memories.reduce(0) { $0 + $1.bytes } }

    func map(_ attributes: MapAttributes) -> RecordMap {
        RecordMap(
            rings: rings, count: memories.count, maxEntries: attributes.maxEntries, isPerf: isPerf,
            reader: .passUnretained(self))
    }

    func take(limit: Int, bytes: Int) -> [MapRecord] {
        nextRing.withLock { next in
            var records: [MapRecord] = []
            var left = bytes
            var empty = 0
            while records.count < limit, left > 0, empty < memories.count {
                let ring = next
                next = (next + 1) % memories.count
                let found = rings[ring].read { bytes, extra in
                    records.append(
                        MapRecord(
                            bytes: Array(bytes), worker: isPerf && ring < memories.count - 1 ? ring : nil,
                            packetStart: isPerf && Int(extra) < bytes.count ? Int(extra) : nil))
                }
                empty = found ? 0 : empty + 1
                if found { left -= records.last?.bytes.count ?? 0 }
            }
            return records
        }
    }

    var lost: UInt64 { memories.indices.reduce(0) { $0 + rings[$1].lostRecords } }

    func arm() -> Bool {
        nextRing.withLock { _ in
            var count: UInt64 = 0
            _ = Glibc.read(descriptor, &count, 8)
            armed.pointee.store(1, ordering: .sequentiallyConsistent)
            atomicMemoryFence(ordering: .sequentiallyConsistent)
            return !memories.indices.contains { rings[$0].hasRecord }
        }
    }
}
