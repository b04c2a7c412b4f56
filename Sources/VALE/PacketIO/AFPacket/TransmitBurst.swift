/// The frames of one `transmit` and what has become of them. Hot path.
struct TransmitBurst {
    let frames: UnsafePointer<Frame>
    let selection: UnsafePointer<UInt16>
    let count: Int
    let drops: DropCounters
    /// Of `selection`: those before it are sent or counted.
    private(set) var next = 0
    private(set) var sentFrames = 0
    private(set) var sentBytes = 0
    /// The egress's MTU has been asked for since a frame was refused.
    var limitUpdated = false

    @inline(__always)
    init(
        frames: UnsafePointer<Frame>, selection: UnsafePointer<UInt16>, count: Int, drops: DropCounters
    ) {
        self.frames = frames
        self.selection = selection
        self.count = count
        self.drops = drops
    }

    @inline(__always)
    func frame(_ index: Int) -> UnsafePointer<Frame> { frames + Int(selection[index]) }

    /// The kernel took the next `accepted` frames.
    @inline(__always)
    mutating func accept(_ accepted: Int) {
        for i in next..<next &+ accepted { sentBytes &+= Int(frame(i).pointee.length) }
        sentFrames &+= accepted
        next &+= accepted
    }

    mutating func drop(_ reason: DropReason) {
        drops.add(reason)
        next &+= 1
    }

    mutating func dropRest(_ reason: DropReason) {
        drops.add(reason, count &- next)
        next = count
    }
}
