import CLinux
import Glibc

extension AFPacketPort {
    /// Hot path, worker only.
    public func transmit(
        _ frames: UnsafePointer<Frame>, _ selection: UnsafePointer<UInt16>, count: Int, ring: Int, drops: DropCounters
    ) -> (frames: Int, bytes: Int) {
        var burst = TransmitBurst(frames: frames, selection: selection, count: count, drops: drops)
        while burst.next < burst.count {
            let end = min(burst.next &+ Self.transmitBatch, count)
            if takesRing(burst, end) {
                sendByRing(&burst, end)
            } else {
                sendByMessages(&burst, end)
            }
        }
        return (burst.sentFrames, burst.sentBytes)
    }

    /// Whether the frames up to `end` go by the ring: none has GSO, none is longer than the egress takes, and no GSO
    /// frame before them may still wait in a queueing discipline.
    @inline(__always)
    private func takesRing(_ burst: TransmitBurst, _ end: Int) -> Bool {
        var gso: UInt8 = 0
        var fits = true
        let limit = state.pointee.frameLimit
        for i in burst.next..<end {
            let frame = burst.frame(i)
            gso |= frame.pointee.offload.gsoType
            if frame.pointee.length > limit && !isFullTagged(frame) { fits = false }
        }
        if gso != 0 {
            state.pointee.queuedBursts = Self.queuedBurstsAfterGSO
            return false
        }
        if state.pointee.queuedBursts > 0 {
            state.pointee.queuedBursts &-= 1
            return false
        }
        // The MTU may have been raised: the kernel knows, and so will the next burst.
        if !fits { updateFrameLimit() }
        return fits
    }

    /// How long a port stays on the queued path after a GSO frame.
    private static let queuedBurstsAfterGSO = 64

    /// The kernel lets an 802.1Q tag be on top of the MTU, for this TPID only.
    private func isFullTagged(_ frame: UnsafePointer<Frame>) -> Bool {
        frame.pointee.length <= state.pointee.frameLimit &+ 4
            && frame.pointee.bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self) == UInt16(0x8100).bigEndian
    }

    /// The path for GSO frames and for what the ring doesn't take: one `sendmmsg` through the queueing discipline. The
    /// kernel knows the egress's limits and refuses what is too long.
    @inline(never)
    private func sendByMessages(_ burst: inout TransmitBurst, _ end: Int) {
        // Without carrier the queueing discipline is one that takes frames and throws them away; the flag says which.
        let flags = clinux_interface_flags(state.pointee.queuedSender.descriptor, state.pointee.name)
        if (flags < 0 || flags & Int32(IFF_RUNNING) == 0) && isWithoutCarrier() {
            burst.dropRest(.linkDown)
            return
        }
        let messages = state.pointee.messages
        let vectors = state.pointee.vectors
        let first = burst.next
        for i in first..<end {
            let frame = burst.frame(i)
            VirtioHeader.store(frame.pointee.offload, before: frame.pointee.bytes)
            vectors[i &- first].iov_base = frame.pointee.bytes - VirtioHeader.bytes
            vectors[i &- first].iov_len = Int(frame.pointee.length) &+ VirtioHeader.bytes
        }
        while burst.next < end {
            let result = clinux_sendmmsg(
                state.pointee.queuedSender.descriptor, messages + (burst.next &- first),
                UInt32(truncatingIfNeeded: end &- burst.next), Int32(MSG_DONTWAIT))
            if result > 0 {
                burst.accept(Int(result))
            } else {
                // The kernel names an error for the first frame of a call only.
                refuse(&burst, -result)
            }
        }
        if burst.sentFrames > 0 && flags >= 0 { state.pointee.refusedBursts = 0 }
    }

    /// The kernel has refused the next frame with `error`: counts it, or all that are left when they would meet the same.
    @inline(never)
    func refuse(_ burst: inout TransmitBurst, _ error: Int32) {
        switch error {
        case EINTR: break
        case ENETDOWN, ENXIO, ENODEV: burst.dropRest(.linkDown)
        case EAGAIN: burst.dropRest(.txQueueFull)
        case EMSGSIZE: burst.drop(.oversize)
        case ENOBUFS, ENOMEM:
            // An egress without carrier refuses like one that is full, and so does veth when its MTU has become smaller.
            if burst.sentFrames == 0 && burst.next == 0 && isWithoutCarrier() {
                burst.dropRest(.linkDown)
                return
            }
            if !burst.limitUpdated {
                updateFrameLimit()
                burst.limitUpdated = true
            }
            let frame = burst.frame(burst.next)
            let tooLong =
                frame.pointee.offload.gsoType == 0 && frame.pointee.length > state.pointee.frameLimit
                && !isFullTagged(frame)
            burst.drop(tooLong ? .oversize : .txQueueFull)
        default: burst.drop(.txRefused)
        }
    }

    /// Finding out waits for the kernel's configuration lock, so it is done for the first of the refused bursts, and
    /// seldom after that.
    private func isWithoutCarrier() -> Bool {
        if state.pointee.refusedBursts & 63 == 0 {
            state.pointee.noCarrier = state.pointee.queuedSender.linkState() != .up
        }
        state.pointee.refusedBursts &+= 1
        return state.pointee.noCarrier
    }

    /// Asks for the MTU, which may have changed since the port was opened.
    func updateFrameLimit() {
        let mtu = state.pointee.queuedSender.mtu()
        if mtu > 0 { state.pointee.frameLimit = min(UInt32(mtu) &+ 14, state.pointee.ringFrameLimit) }
    }
}
