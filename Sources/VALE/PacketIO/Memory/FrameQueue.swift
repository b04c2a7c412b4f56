import Synchronization

/// A bounded queue of frames in shared memory: one producer, one consumer, no locks.
///
/// Frames lie one behind the other, so small frames take small strides. A record is 64-byte aligned: record bytes
/// (`UInt32`), frame length (`UInt32`), `FrameOffload`, then at 32 the headroom and the frame. A record does not wrap:
/// one whose length is `.max` fills up the end of the ring. Valid until `deallocate()`.
struct FrameQueue: BitwiseCopyable {
    private struct Side: ~Copyable {
        /// Bytes ever written or read.
        let offset = Atomic<UInt64>(0)
        /// Frames ever written or read.
        let frames = Atomic<UInt64>(0)
    }

    private let memory: UnsafeMutableRawPointer
    /// A power of two.
    private let capacity: Int
    private let frameLimit: Int
    private let headroom: Int
    private let sides: UnsafeMutableRawPointer

    private static let recordHeaderBytes = 32
    private static let sideStride = 128

    init(bytes: Int, frameLimit: Int, headroom: Int) {
        var capacity = 4096
        while capacity < bytes { capacity *= 2 }
        self.capacity = capacity
        self.frameLimit = frameLimit
        self.headroom = headroom
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
    private var written: UnsafeMutablePointer<Side> { sides.assumingMemoryBound(to: Side.self) }
    @inline(__always)
    private var consumed: UnsafeMutablePointer<Side> {
        (sides + Self.sideStride).assumingMemoryBound(to: Side.self)
    }

    /// Frames in the queue. Any thread.
    var count: Int {
        let out = consumed.pointee.frames.load(ordering: .acquiring)
        return Int(truncatingIfNeeded: written.pointee.frames.load(ordering: .acquiring) &- out)
    }

    /// Where the producer writes: what it has appended is seen once it is published, many frames at a time, as each word
    /// that both sides use takes long to go from one to the other.
    struct Batch: BitwiseCopyable {
        fileprivate var offset: UInt64
        fileprivate var frames: UInt64
        fileprivate let consumedOffset: UInt64
        fileprivate let consumedFrames: UInt64
    }

    /// Producer only.
    @inline(__always)
    func begin() -> Batch {
        let consumedOffset = consumed.pointee.offset.load(ordering: .acquiring)
        return Batch(
            offset: written.pointee.offset.load(ordering: .relaxed),
            frames: written.pointee.frames.load(ordering: .relaxed), consumedOffset: consumedOffset,
            consumedFrames: consumed.pointee.frames.load(ordering: .relaxed))
    }

    /// Producer only.
    @inline(__always)
    func publish(_ batch: Batch) {
        written.pointee.frames.store(batch.frames, ordering: .relaxed)
        written.pointee.offset.store(batch.offset, ordering: .releasing)
    }

    /// Producer only. False: there was no room when the batch began.
    @inline(__always)
    func append(_ bytes: UnsafeRawPointer, length: Int, offload: FrameOffload, to batch: inout Batch) -> Bool {
        let record = (Self.recordHeaderBytes &+ headroom &+ length &+ 63) & ~63
        let tail = batch.consumedOffset
        var head = batch.offset
        if Int(truncatingIfNeeded: batch.frames &- batch.consumedFrames) >= frameLimit { return false }
        var start = Int(truncatingIfNeeded: head) & (capacity &- 1)
        let rest = capacity &- start
        let filler = record > rest ? rest : 0
        if record &+ filler > capacity &- Int(truncatingIfNeeded: head &- tail) { return false }
        if filler != 0 {
            memory.storeBytes(of: UInt32(truncatingIfNeeded: filler), toByteOffset: start, as: UInt32.self)
            memory.storeBytes(of: .max, toByteOffset: start &+ 4, as: UInt32.self)
            head &+= UInt64(truncatingIfNeeded: filler)
            start = 0
        }
        let slot = memory + start
        slot.storeBytes(of: UInt32(truncatingIfNeeded: record), as: UInt32.self)
        slot.storeBytes(of: UInt32(truncatingIfNeeded: length), toByteOffset: 4, as: UInt32.self)
        slot.storeBytes(of: offload, toByteOffset: 8, as: FrameOffload.self)
        (slot + Self.recordHeaderBytes + headroom).copyMemory(from: bytes, byteCount: length)
        batch.frames &+= 1
        batch.offset = head &+ UInt64(truncatingIfNeeded: record)
        return true
    }

    /// Where the consumer reads: begins at what is consumed and runs ahead of it.
    struct Cursor: BitwiseCopyable {
        var offset: UInt64 = 0
        var frames: UInt64 = 0
    }

    /// Consumer only. Up to `limit` frames from `cursor` on; they stay valid until `consume`.
    @inline(__always)
    func read(_ cursor: inout Cursor, _ frames: UnsafeMutablePointer<Frame>, limit: Int) -> Int {
        let head = written.pointee.offset.load(ordering: .acquiring)
        var count = 0
        while count < limit && cursor.offset != head {
            let slot = memory + Int(truncatingIfNeeded: cursor.offset) & (capacity &- 1)
            cursor.offset &+= UInt64(slot.load(as: UInt32.self))
            let length = slot.load(fromByteOffset: 4, as: UInt32.self)
            if length == .max { continue }
            (frames + count).initialize(
                to: Frame(
                    bytes: slot + Self.recordHeaderBytes + headroom, length: length,
                    offload: slot.load(fromByteOffset: 8, as: FrameOffload.self)))
            count &+= 1
        }
        cursor.frames &+= UInt64(truncatingIfNeeded: count)
        return count
    }

    /// Consumer only. Frees what lies before `cursor`.
    @inline(__always)
    func consume(_ cursor: Cursor) {
        consumed.pointee.frames.store(cursor.frames, ordering: .relaxed)
        consumed.pointee.offset.store(cursor.offset, ordering: .releasing)
    }

    /// Consumer only.
    @inline(__always)
    func isEmpty(_ cursor: Cursor) -> Bool {
        written.pointee.offset.load(ordering: .sequentiallyConsistent) == cursor.offset
    }
}
