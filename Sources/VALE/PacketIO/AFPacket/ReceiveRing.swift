import CLinux
import Glibc
import Synchronization

/// The memory-mapped RX ring of an AF_PACKET socket: TPACKET_V2, <linux/if_packet.h>.
///
/// V2 and not V3: V3 hands over a block when it is full or its timer (1 ms at least) fires, and that timer is in every
/// round trip. A slot: `tpacket2_hdr`, `sockaddr_ll`, the reserve, the virtio header (10 bytes), the frame.
///
/// Slots of the MTU's size, and not of 64 KiB: TCP and a lone frame are as fast either way (a frame is copied twice in
/// both: 650 ns of the worker's CPU for a KiB of TCP), and the same memory has room for 35 times as many frames, on which
/// the rate of small ones hangs when the worker waits for its CPU (256 slots 0.03, 2048 slots 0.10, 8192 slots 0.12
/// million frames a second on a machine with four times as many busy threads as CPUs).
/// Valid until `unmap()`; worker only.
struct ReceiveRing: BitwiseCopyable {
    let base: UnsafeMutableRawPointer
    let slots: Int
    /// Bytes from slot to slot. Not a power of two, so that the headers of consecutive slots don't share cache sets.
    let stride: Int
    let mappedBytes: Int

    /// From the slot's start to the frame, behind `reserve`: the kernel aligns header, address and 16 bytes of MAC header
    /// to 16, and takes the 14 of Ethernet off again.
    static let frameOffset = 80 - 14 + reserve + VirtioHeader.bytes
    /// PACKET_RESERVE: room for the headroom, of which a VLAN tag that is put back and the virtio header of TX take 14;
    /// with the 14 bytes between the address and the frame that leaves the headroom whole.
    static let reserve = PortIO.headroom

    /// The stride that holds frames of `length` bytes with a VLAN tag put back in front.
    static func stride(frameBytes length: Int) -> Int {
        // An odd multiple of the cache line.
        ((frameOffset + length + 63) / 64 | 1) * 64
    }

    /// The socket must not be bound yet.
    static func map(
        on socket: PacketSocket, slots: Int, stride: Int, interface: String
    ) throws(PortError) -> ReceiveRing {
        try socket.set(PACKET_RESERVE, UInt32(reserve), called: "PACKET_RESERVE", interface: interface)
        let mapping = try socket.mapRing(
            PACKET_RX_RING, called: "PACKET_RX_RING", slots: slots, stride: stride, interface: interface)
        return ReceiveRing(base: mapping.base, slots: mapping.slots, stride: stride, mappedBytes: mapping.bytes)
    }

    func unmap() { munmap(base, mappedBytes) }

    @inline(__always)
    func slot(_ position: Int) -> UnsafeMutableRawPointer { base + position &* stride }

    /// Only atomically: the kernel writes the slot, then its status, with barriers between.
    @inline(__always)
    static func status(of slot: UnsafeMutableRawPointer) -> UInt32 {
        slot.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .acquiring)
    }

    @inline(__always)
    static func giveBack(_ slot: UnsafeMutableRawPointer) {
        slot.assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(0, ordering: .releasing)
    }

    @inline(__always)
    static func header(of slot: UnsafeMutableRawPointer) -> UnsafeMutablePointer<tpacket2_hdr> {
        slot.assumingMemoryBound(to: tpacket2_hdr.self)
    }
}
