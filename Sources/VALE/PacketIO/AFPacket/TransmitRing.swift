import CLinux
import Glibc
import Synchronization

/// The memory-mapped TX ring of an AF_PACKET socket: TPACKET_V2, <linux/if_packet.h>.
///
/// A slot: `tpacket2_hdr`, the virtio header (10 bytes), the frame. The virtio header's `hdr_len` is the whole frame: the
/// kernel then copies it. Otherwise the packet refers to the ring's pages, of which veth says at once that they are
/// free again: the next frame in the slot would change a packet on its way. Copying is also faster (1270 against 1650 ns
/// for a frame of 64 bytes, 1450 against 1900 of 1400; `sendmmsg` 1680 and 1710).
/// Valid until `unmap()`; worker only.
struct TransmitRing: BitwiseCopyable {
    let base: UnsafeMutableRawPointer
    let slots: Int
    /// Bytes from slot to slot: an odd multiple of the cache line.
    let stride: Int
    let mappedBytes: Int

    /// Behind `tpacket2_hdr`; the kernel takes the frame from here (TPACKET2_HDRLEN less `sockaddr_ll`).
    static let headerOffset = 32
    static let frameOffset = headerOffset + VirtioHeader.bytes

    private static let sendRequest = UInt32(TP_STATUS_SEND_REQUEST)
    private static let busy = UInt32(TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING | TP_STATUS_WRONG_FORMAT)
    private static let refused = UInt32(TP_STATUS_SEND_REQUEST | TP_STATUS_WRONG_FORMAT)

    /// Bytes of the longest frame that a slot takes.
    var frameCapacity: Int { stride - Self.frameOffset }

    static func map(
        on socket: PacketSocket, slots: Int, frameBytes: Int, interface: String
    ) throws(PortError) -> TransmitRing {
        let stride = ((frameOffset + frameBytes + 63) / 64 | 1) * 64
        let mapping = try socket.mapRing(
            PACKET_TX_RING, called: "PACKET_TX_RING", slots: slots, stride: stride, interface: interface)
        return TransmitRing(base: mapping.base, slots: mapping.slots, stride: stride, mappedBytes: mapping.bytes)
    }

    func unmap() { munmap(base, mappedBytes) }

    @inline(__always)
    func next(_ position: Int) -> Int { position &+ 1 == slots ? 0 : position &+ 1 }

    /// Only atomically: the kernel reads a slot after its status, and writes the status when it is through with it.
    @inline(__always)
    private func status(_ position: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + position &* stride).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inline(__always)
    func isFree(_ position: Int) -> Bool {
        status(position).pointee.load(ordering: .acquiring) & Self.busy == 0
    }

    /// After a send: the kernel did not take the frame of this slot, and did not look at those behind it.
    @inline(__always)
    func isRefused(_ position: Int) -> Bool {
        status(position).pointee.load(ordering: .acquiring) & Self.refused != 0
    }

    /// Hot path. Copies a frame that fits into a free slot.
    @inline(__always)
    func fill(_ position: Int, with frame: UnsafePointer<Frame>) {
        let slot = base + position &* stride
        let length = frame.pointee.length
        var offload = frame.pointee.offload
        offload.headerLength = UInt16(truncatingIfNeeded: length)
        VirtioHeader.store(offload, before: slot + Self.frameOffset)
        (slot + Self.frameOffset).copyMemory(from: frame.pointee.bytes, byteCount: Int(length))
        slot.storeBytes(
            of: length &+ UInt32(VirtioHeader.bytes), toByteOffset: 4, as: UInt32.self)
        status(position).pointee.store(Self.sendRequest, ordering: .releasing)
    }

    @inline(__always)
    func takeBack(_ position: Int) {
        status(position).pointee.store(0, ordering: .releasing)
    }
}
