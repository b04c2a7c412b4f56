import PacketIO

/// A received burst as its frames would be on a wire: GSO frames cut, checksums complete, with room behind them where
/// programs ask for it. What comes out may be more than a burst holds, and comes in rounds.
struct WireFrames {
    private let received: UnsafeMutablePointer<Frame>
    private let count: Int
    private let needsTailroom: Bool
    private var next = 0
    /// The segment of `received[next]` to go on with.
    private var segment = 0

    /// - Parameter received: frames that stay as they are.
    init(_ received: UnsafeMutablePointer<Frame>, count: Int, needsTailroom: Bool) {
        self.received = received
        self.count = count
        self.needsTailroom = needsTailroom
    }

    var isEmpty: Bool { next == count }

    /// Writes up to `limit` frames, in memory of `arena` where they are made or moved. At least one while there are some
    /// that can be had, if the arena is empty.
    ///
    /// - Parameter taps: are told which received frame each is of, where they want to know.
    mutating func fill(
        _ frames: UnsafeMutablePointer<Frame>, limit: Int, _ arena: inout FrameArena, _ tally: inout BurstTally,
        _ taps: UnsafeMutablePointer<TapMemory>
    ) -> Int {
        var filled = 0
        while next < count && filled < limit {
            var frame = received[next]
            if frame.offload.gsoType == 0 {
                guard frame.completeChecksum() else {
                    tally.badOffloads &+= 1
                    taps.pointee.refuse(next, .badOffload)
                    next &+= 1
                    continue
                }
                frame.offload = .none
                if needsTailroom {
                    guard let room = arena.allocate(Int(frame.length)) else { return filled }
                    room.copyMemory(from: frame.bytes, byteCount: Int(frame.length))
                    frame.bytes = room
                }
                (frames + filled).initialize(to: frame)
                taps.pointee.make(filled, of: next)
                filled &+= 1
                next &+= 1
            } else {
                guard let segmentation = Segmentation(frame) else {
                    tally.badOffloads &+= 1
                    taps.pointee.refuse(next, .badOffload)
                    next &+= 1
                    continue
                }
                let start = segment
                while segment < segmentation.count && filled < limit {
                    guard let room = arena.allocate(segmentation.longest) else { break }
                    let length = segmentation.write(segment, to: room)
                    (frames + filled).initialize(
                        to: Frame(bytes: room, length: UInt32(truncatingIfNeeded: length), ring: frame.ring))
                    taps.pointee.make(filled, of: next)
                    filled &+= 1
                    segment &+= 1
                }
                tally.generated &+= segment &- start
                guard segment == segmentation.count else { return filled }
                // One of them is the frame that came.
                tally.generated &-= 1
                segment = 0
                next &+= 1
            }
        }
        return filled
    }
}
