import CLinux
import Glibc

extension AFPacketPort {
    private static let user = UInt32(TP_STATUS_USER)
    private static let copied = UInt32(TP_STATUS_COPY)
    private static let losing = UInt32(TP_STATUS_LOSING)
    private static let tagged = UInt32(TP_STATUS_VLAN_VALID)
    private static let tpidValid = UInt32(TP_STATUS_VLAN_TPID_VALID)

    /// Hot path, worker only.
    public func receive(_ frames: UnsafeMutablePointer<Frame>, limit: Int, drops: DropCounters) -> Int {
        let port = state
        let ring = port.pointee.ring
        var position = port.pointee.position
        // A slot that is still held must not be read again after a turn around the ring.
        let free = ring.slots &- port.pointee.held
        var read = 0
        var count = 0
        var seen: UInt32 = 0
        while count < limit && read < free {
            let slot = ring.slot(position)
            let status = ReceiveRing.status(of: slot)
            if status & Self.user == 0 { break }
            let header = ReceiveRing.header(of: slot)
            let length = header.pointee.tp_snaplen
            if length == header.pointee.tp_len {
                let bytes = slot + Int(header.pointee.tp_mac)
                (frames + count).initialize(
                    to: Frame(
                        bytes: bytes, length: length,
                        offload: VirtioHeader.load(before: bytes)))
                if status & Self.tagged != 0 { Self.putTagBack(frames + count, header, status) }
                count &+= 1
            } else {
                // The slot was too small. The whole frame is in the socket's queue, if there was room.
                if status & Self.copied != 0 {
                    if port.pointee.largeUsed == port.pointee.largeCount { break }
                    if receiveLarge(frames + count, header, status) {
                        count &+= 1
                    } else {
                        drops.add(.rxTruncated)
                    }
                } else {
                    drops.add(.rxTruncated)
                }
            }
            seen |= status
            read &+= 1
            position = position &+ 1 == ring.slots ? 0 : position &+ 1
        }
        port.pointee.position = position
        port.pointee.held &+= read
        if read == 0 {
            // A pending error keeps epoll awake: look for it now and then, whether or not the worker does.
            port.pointee.emptyReceives &+= 1
            if port.pointee.emptyReceives & 1023 == 0 { handleError() }
        } else if seen & Self.losing != 0 {
            collectKernelDrops(drops)
        }
        return count
    }

    /// Hot path, worker only.
    public func release() {
        let port = state
        let ring = port.pointee.ring
        var held = port.pointee.held
        var position = port.pointee.position &- held
        if position < 0 { position &+= ring.slots }
        while held > 0 {
            ReceiveRing.giveBack(ring.slot(position))
            position = position &+ 1 == ring.slots ? 0 : position &+ 1
            held &-= 1
        }
        port.pointee.held = 0
        port.pointee.largeUsed = 0
    }

    /// Reads the frame of a slot that it didn't fit from the socket's queue: both were filled in one order.
    @inline(never)
    private func receiveLarge(
        _ frame: UnsafeMutablePointer<Frame>, _ header: UnsafeMutablePointer<tpacket2_hdr>, _ status: UInt32
    ) -> Bool {
        let buffer = state.pointee.large + state.pointee.largeUsed &* Self.largeStride
        let bytes = buffer + Self.largeOffset
        let start = bytes - VirtioHeader.bytes
        let room = Self.largeFrameBytes + VirtioHeader.bytes
        var read: Int
        repeat {
            read = recv(descriptor, start, room, Int32(MSG_DONTWAIT | MSG_TRUNC))
            // A pending ENETDOWN is reported once, before what is queued.
        } while read < 0 && (errno == EINTR || errno == ENETDOWN)
        guard read == Int(header.pointee.tp_len) + VirtioHeader.bytes, read <= room else { return false }
        state.pointee.largeUsed &+= 1
        frame.initialize(
            to: Frame(
                bytes: bytes, length: header.pointee.tp_len,
                offload: VirtioHeader.load(before: bytes)))
        if status & Self.tagged != 0 { Self.putTagBack(frame, header, status) }
        return true
    }

    /// The kernel took the outer VLAN tag out of the frame: moves the addresses 4 bytes to the front and writes it.
    @inline(never)
    private static func putTagBack(
        _ frame: UnsafeMutablePointer<Frame>, _ header: UnsafeMutablePointer<tpacket2_hdr>, _ status: UInt32
    ) {
        guard frame.pointee.length >= 12 else { return }
        let bytes = frame.pointee.bytes - 4
        memmove(bytes, bytes + 4, 12)
        let tpid: UInt16 = status & tpidValid != 0 ? header.pointee.tp_vlan_tpid : 0x8100
        bytes.storeBytes(of: tpid.bigEndian, toByteOffset: 12, as: UInt16.self)
        bytes.storeBytes(of: header.pointee.tp_vlan_tci.bigEndian, toByteOffset: 14, as: UInt16.self)
        frame.pointee.bytes = bytes
        frame.pointee.length &+= 4
        if frame.pointee.offload.flags & FrameOffload.needsChecksum != 0 {
            frame.pointee.offload.checksumStart &+= 4
        }
        if frame.pointee.offload.headerLength != 0 { frame.pointee.offload.headerLength &+= 4 }
    }
}
