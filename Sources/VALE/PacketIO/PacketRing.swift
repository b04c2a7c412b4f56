import CLinux
import Glibc
import Synchronization

/// The memory-mapped RX ring of an AF_PACKET socket: TPACKET_V2, <linux/if_packet.h>.
///
/// V2 and not V3: V3 hands over a block when it is full or its timer (1 ms at least) fires, and that timer is in every
/// round trip. A slot: `tpacket2_hdr`, `sockaddr_ll`, the reserve, the virtio header (10 bytes), the frame.
/// Valid until `unmap()`; worker only.
struct PacketRing: BitwiseCopyable {
    let base: UnsafeMutableRawPointer
    let slots: Int
    /// Bytes from slot to slot. Not a power of two, so that the headers of consecutive slots don't share cache sets.
    let stride: Int
    let mappedBytes: Int

    /// Bytes of `struct virtio_net_hdr` in front of a frame.
    static let virtioHeaderBytes = 10
    /// From the slot's start to the frame, behind `reserve`: the kernel aligns header, address and 16 bytes of MAC header
    /// to 16, and takes the 14 of Ethernet off again.
    static let frameOffset = 80 - 14 + reserve + virtioHeaderBytes
    /// PACKET_RESERVE: room for the headroom, of which a VLAN tag that is put back and the virtio header of TX take 14;
    /// with the 14 bytes between the address and the frame that leaves the headroom whole.
    static let reserve = PortIO.headroom

    /// The stride that holds frames of `length` bytes with a VLAN tag put back in front.
    static func stride(frameBytes length: Int) -> Int {
        // An odd multiple of the cache line.
        ((frameOffset + length + 63) / 64 | 1) * 64
    }

    /// Sets up the socket: version, headers, ring. It must not be bound yet.
    static func map(
        on socket: PacketSocket, slots: Int, stride: Int, interface: String
    ) throws(PortError) -> PacketRing {
        try socket.set(
            PACKET_VERSION, Int32(TPACKET_V2.rawValue), called: "PACKET_VERSION", interface: interface)
        try socket.set(PACKET_RESERVE, UInt32(reserve), called: "PACKET_RESERVE", interface: interface)
        try socket.set(PACKET_VNET_HDR, Int32(1), called: "PACKET_VNET_HDR", interface: interface)
        // One block of slots, in whole pages: a slot does not cross a block, and there is none to cross.
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let bytes = (slots * stride + page - 1) / page * page
        var request = tpacket_req()
        request.tp_block_size = UInt32(bytes)
        request.tp_block_nr = 1
        request.tp_frame_size = UInt32(stride)
        request.tp_frame_nr = UInt32(bytes / stride)
        try socket.set(PACKET_RX_RING, request, called: "PACKET_RX_RING", interface: interface)
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket.descriptor, 0)
        guard let memory, memory != MAP_FAILED else {
            throw .failed("mmap", interface: interface, errno: errno)
        }
        return PacketRing(base: memory, slots: Int(request.tp_frame_nr), stride: stride, mappedBytes: bytes)
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
