import Synchronization

/// What stands in front of a frame's bytes in a `TapRing`.
struct TapRecord: BitwiseCopyable {
    enum Kind: UInt8 { case filler, arrival, departure, unwanted }

    /// Of the record, bytes and padding included.
    var size: UInt32
    var kind: Kind
    var outcome = OutcomeCode.unknown
    /// Bytes that follow, and bytes that the frame had.
    var captured: UInt32 = 0
    var length: UInt32 = 0
    var nanoseconds: UInt64 = 0
    /// Serial numbers of ports; 0 for none.
    var ingress: UInt32 = 0
    var egress: UInt32 = 0
    /// Frames of the same port that found no room since its last record.
    var lost: UInt64 = 0

    static let headerBytes = 48
}

/// A ring of records of any length in shared memory: the worker writes, one thread reads, no locks.
///
/// Records are 64-byte aligned and don't wrap: a filler ends the ring where one does not fit. They are reserved,
/// completed later, and published together. Valid until `deallocate()`.
struct TapRing: BitwiseCopyable {
    private struct Side: ~Copyable {
        /// Bytes ever written or read.
        let offset = Atomic<UInt64>(0)
        /// Of the writer: frames that found no room.
        let lost = Atomic<UInt64>(0)
    }

    private let memory: UnsafeMutableRawPointer
    /// A power of two.
    private let capacity: Int
    private let sides: UnsafeMutableRawPointer
    private static let sideStride = 128

    init(bytes: Int) {
        var capacity = 4096
        while capacity < bytes { capacity *= 2 }
        self.capacity = capacity
        memory = .allocate(byteCount: capacity, alignment: 64)
        sides = .allocate(byteCount: 2 * Self.sideStride, alignment: Self.sideStride)
        for side in 0..<2 {
            (sides + side * Self.sideStride).bindMemory(to: Side.self, capacity: 1).initialize(to: Side())
        }
    }

    func deallocate() {
        memory.deallocate()
        sides.deallocate()
    }

    @inline(__always)
    private var writer: UnsafeMutablePointer<Side> { sides.assumingMemoryBound(to: Side.self) }
    @inline(__always)
    private var reader: UnsafeMutablePointer<Side> {
        (sides + Self.sideStride).assumingMemoryBound(to: Side.self)
    }

    // MARK: Writer

    struct Cursor: BitwiseCopyable {
        fileprivate var offset: UInt64 = 0
        fileprivate var consumed: UInt64 = 0
        /// End of the last record that is wanted.
        fileprivate var kept: UInt64 = 0
    }

    func begin() -> Cursor {
        let offset = writer.pointee.offset.load(ordering: .relaxed)
        return Cursor(offset: offset, consumed: reader.pointee.offset.load(ordering: .acquiring), kept: offset)
    }

    /// Room for a record with so many bytes behind it; nil where there is none. Its size alone is written.
    func reserve(_ bytes: Int, _ cursor: inout Cursor) -> UnsafeMutableRawPointer? {
        let size = (TapRecord.headerBytes &+ bytes &+ 63) & ~63
        let start = Int(truncatingIfNeeded: cursor.offset) & (capacity &- 1)
        let rest = capacity &- start
        let filler = size > rest ? rest : 0
        let used = Int(truncatingIfNeeded: cursor.offset &- cursor.consumed)
        guard size &+ filler <= capacity &- used else { return nil }
        if filler > 0 { record(at: memory + start, TapRecord(size: UInt32(filler), kind: .filler)) }
        let slot = filler > 0 ? memory : memory + start
        record(at: slot, TapRecord(size: UInt32(size), kind: .unwanted))
        cursor.offset &+= UInt64(filler &+ size)
        return slot
    }

    private func record(at slot: UnsafeMutableRawPointer, _ record: TapRecord) {
        slot.initializeMemory(as: TapRecord.self, to: record)
    }

    /// The record that ends at the furthest is to be seen: everything up to it is published.
    func keep(_ slot: UnsafeMutableRawPointer, _ cursor: inout Cursor) {
        // Records lie at most one turn in front of the cursor.
        let size = slot.assumingMemoryBound(to: TapRecord.self).pointee.size
        let end = UInt64(slot - memory) &+ UInt64(size)
        let behind = (cursor.offset &- end) & UInt64(capacity &- 1)
        cursor.kept = max(cursor.kept, cursor.offset &- behind)
    }

    func publish(_ cursor: Cursor) {
        writer.pointee.offset.store(cursor.kept, ordering: .releasing)
    }

    func countLost(_ frames: UInt64) {
        writer.pointee.lost.store(writer.pointee.lost.load(ordering: .relaxed) &+ frames, ordering: .relaxed)
    }

    /// Any thread.
    var lost: UInt64 { writer.pointee.lost.load(ordering: .relaxed) }

    // MARK: Reader

    /// Hands each record that is wanted to `body`, until there is none or `body` says false, and frees them.
    ///
    /// - Returns: records handed over.
    func read(_ body: (UnsafePointer<TapRecord>, UnsafeRawPointer) -> Bool) -> Int {
        let end = writer.pointee.offset.load(ordering: .acquiring)
        var offset = reader.pointee.offset.load(ordering: .relaxed)
        var count = 0
        while offset != end {
            let slot = memory + Int(truncatingIfNeeded: offset) & (capacity &- 1)
            let record = slot.assumingMemoryBound(to: TapRecord.self)
            let kind = record.pointee.kind
            offset &+= UInt64(record.pointee.size)
            if kind == .arrival || kind == .departure {
                count += 1
                guard body(record, slot + TapRecord.headerBytes) else { break }
            }
            reader.pointee.offset.store(offset, ordering: .releasing)
        }
        reader.pointee.offset.store(offset, ordering: .releasing)
        return count
    }
}
