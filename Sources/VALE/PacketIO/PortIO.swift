/// What a worker holds of a port: an enum of concrete structs, dispatched once a burst.
///
/// A copy refers to the same port; none may be used after `close()`. The functions of the hot path belong to the one
/// worker that owns the port; they allocate nothing, take no lock and never throw.
public enum PortIO: BitwiseCopyable, @unchecked Sendable {
    case afPacket(AFPacketPort)
    case memory(MemoryPort)
}

extension PortIO {
    /// Room in front of every received frame that its owner may write to, in bytes: an XDP program grows into it, and
    /// `transmit` puts the virtio header there.
    public static var headroom: Int { 256 }

    /// Hot path, worker only. Up to `limit` frames that are valid until `release()`; 0 when there are none. Frames that
    /// came in but cannot be handed on are counted in `drops` (`rxTruncated`, `rxRingFull`): received frames are the
    /// result and these drops together.
    @inline(__always)
    public func receive(_ frames: UnsafeMutablePointer<Frame>, limit: Int, drops: DropCounters) -> Int {
        switch self {
        case .afPacket(let port): port.receive(frames, limit: limit, drops: drops)
        case .memory(let port): port.receive(frames, limit: limit, drops: drops)
        }
    }

    /// Hot path, worker only. Sends `frames[selection[i]]` for `i` in `0..<count`, in that order. `count` is the sum of
    /// the frames in the result, which the kernel accepted, and of what is added to `drops`. The frames stay as they
    /// are, so that other ports can send them too, but the `PortIO.headroom` in front of them is overwritten.
    @inline(__always)
    public func transmit(
        _ frames: UnsafePointer<Frame>, _ selection: UnsafePointer<UInt16>, count: Int, ring: Int, drops: DropCounters
    ) -> (frames: Int, bytes: Int) {
        switch self {
        case .afPacket(let port): port.transmit(frames, selection, count: count, ring: ring, drops: drops)
        case .memory(let port): port.transmit(frames, selection, count: count, ring: ring, drops: drops)
        }
    }

    /// Hot path, worker only. Gives the received frames back, once every egress has transmitted them.
    @inline(__always)
    public func release() {
        switch self {
        case .afPacket(let port): port.release()
        case .memory(let port): port.release()
        }
    }

    /// Worker only, about once a second: adds what the kernel dropped for want of room since the last call to
    /// `rxRingFull`. `receive` does so too as soon as it sees that frames were lost.
    public func collectKernelDrops(_ drops: DropCounters) {
        if case .afPacket(let port) = self { port.collectKernelDrops(drops) }
    }

    /// Worker only: call when epoll reports EPOLLERR or EPOLLHUP on the descriptor. Takes the error from the socket, so
    /// that epoll doesn't report it again, and finds out the link state. `receive` does so too after some empty calls.
    public func handleError() {
        if case .afPacket(let port) = self { port.handleError() }
    }

    /// For epoll (EPOLLIN): readable when there are frames to receive.
    public var descriptor: Int32 {
        switch self {
        case .afPacket(let port): port.descriptor
        case .memory(let port): port.descriptor
        }
    }

    /// Any thread.
    public var linkState: LinkState {
        switch self {
        case .afPacket(let port): port.linkState
        case .memory(let port): port.linkState
        }
    }

    /// RX rings, at least 1: `Frame.ring` is below it.
    public var receiveRings: Int { 1 }
    /// TX rings, at least 1: `ring` of `transmit` is taken modulo it.
    public var transmitRings: Int { 1 }

    /// The interface's index; 0 where the port is not a Linux interface.
    public var interfaceIndex: Int32 {
        switch self {
        case .afPacket(let port): port.interfaceIndex
        case .memory: 0
        }
    }

    /// Frees the port. No worker may hold it any more.
    public func close() {
        switch self {
        case .afPacket(let port): port.close()
        case .memory(let port): port.close()
        }
    }
}
