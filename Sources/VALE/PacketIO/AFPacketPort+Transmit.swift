import CLinux
import Glibc

extension AFPacketPort {
    /// Hot path, worker only.
    public func transmit(
        _ frames: UnsafePointer<Frame>, _ selection: UnsafePointer<UInt16>, count: Int, ring: Int, drops: DropCounters
    ) -> (frames: Int, bytes: Int) {
        var sent = (frames: 0, bytes: 0)
        var start = 0
        while start < count {
            let batch = min(count &- start, Self.transmitBatch)
            let part = transmit(frames, selection + start, batch: batch, drops)
            sent.frames &+= part.frames
            sent.bytes &+= part.bytes
            start &+= batch
        }
        return sent
    }

    private func transmit(
        _ frames: UnsafePointer<Frame>, _ selection: UnsafePointer<UInt16>, batch: Int, _ drops: DropCounters
    ) -> (frames: Int, bytes: Int) {
        let port = state
        let vectors = port.pointee.vectors
        var gso: UInt8 = 0
        for i in 0..<batch {
            let frame = frames + Int(selection[i])
            let start = frame.pointee.bytes - PacketRing.virtioHeaderBytes
            start.storeBytes(of: frame.pointee.offload, as: FrameOffload.self)
            gso |= frame.pointee.offload.gsoType
            vectors[i].iov_base = start
            vectors[i].iov_len = Int(frame.pointee.length) &+ PacketRing.virtioHeaderBytes
        }
        if gso != 0 {
            port.pointee.queuedBursts = Self.queuedBurstsAfterGSO
        } else if port.pointee.queuedBursts > 0 {
            port.pointee.queuedBursts &-= 1
        }
        let sender = port.pointee.queuedBursts > 0 ? port.pointee.queuedSender : port.pointee.directSender
        return send(batch, by: sender, drops)
    }

    /// How long a port stays on the queued path after a GSO frame.
    private static let queuedBurstsAfterGSO = 64

    private func send(_ batch: Int, by sender: PacketSocket, _ drops: DropCounters) -> (frames: Int, bytes: Int) {
        let messages = state.pointee.messages
        let vectors = state.pointee.vectors
        var sent = (frames: 0, bytes: 0)
        var done = 0
        while done < batch {
            let result = clinux_sendmmsg(
                sender.descriptor, messages + done, UInt32(truncatingIfNeeded: batch &- done),
                Int32(MSG_DONTWAIT))
            if result > 0 {
                for i in done..<done &+ Int(result) {
                    sent.bytes &+= vectors[i].iov_len &- PacketRing.virtioHeaderBytes
                }
                sent.frames &+= Int(result)
                done &+= Int(result)
                continue
            }
            // The kernel names an error for the first frame of a call only: it has refused frame `done`.
            switch -result {
            case EINTR:
                continue
            case ENETDOWN, ENXIO, ENODEV:
                drops.add(.linkDown, batch &- done)
                return sent
            case EAGAIN:
                drops.add(.txQueueFull, batch &- done)
                return sent
            case ENOBUFS, ENOMEM:
                if sent.frames == 0 && done == 0 && isWithoutCarrier(sender) {
                    drops.add(.linkDown, batch)
                    return sent
                }
                drops.add(.txQueueFull)
            case EMSGSIZE:
                drops.add(.oversize)
            default:
                drops.add(.txRefused)
            }
            done &+= 1
        }
        if sent.frames > 0 { state.pointee.refusedBursts = 0 }
        return sent
    }

    /// An egress without carrier refuses frames like one that is full. Finding out waits for the kernel's configuration
    /// lock, so it is done for the first of the refused bursts, and seldom after that.
    @inline(never)
    private func isWithoutCarrier(_ sender: PacketSocket) -> Bool {
        if state.pointee.refusedBursts & 63 == 0 { state.pointee.noCarrier = sender.linkState() != .up }
        state.pointee.refusedBursts &+= 1
        return state.pointee.noCarrier
    }
}
