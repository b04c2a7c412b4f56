/// One received frame of a burst.
///
/// `bytes` lies in memory of the ingress port and is valid until that port's `release()`. The `PortIO.headroom` bytes in
/// front of it are writable. Worker only.
public struct Frame: BitwiseCopyable {
    /// The Ethernet header. The VLAN tag that the kernel took out is back in place.
    public var bytes: UnsafeMutableRawPointer
    /// Bytes from the Ethernet header on; up to 64 KiB with GSO.
    public var length: UInt32
    /// RX ring that the frame came from.
    public var ring: UInt8
    public var offload: FrameOffload

    @inlinable
    public init(bytes: UnsafeMutableRawPointer, length: UInt32, ring: UInt8 = 0, offload: FrameOffload = .none) {
        self.bytes = bytes
        self.length = length
        self.ring = ring
        self.offload = offload
    }
}

/// What remains to be done on a frame before it is on a wire: `struct virtio_net_hdr`, <linux/virtio_net.h>, 10 bytes,
/// little endian, in this layout.
public struct FrameOffload: BitwiseCopyable, Hashable, Sendable {
    /// `VIRTIO_NET_HDR_F_...`: 1 = the checksum from `checksumStart` on is partial, 2 = it was verified.
    public var flags: UInt8
    /// `VIRTIO_NET_HDR_GSO_...`: 0 = none, 1 = TCPv4, 3 = UDP fragmentation, 4 = TCPv6, 5 = UDP L4; bit 7 = ECN.
    public var gsoType: UInt8
    /// Bytes of Ethernet, IP and L4 headers.
    public var headerLength: UInt16
    /// Payload bytes of a segment.
    public var gsoSize: UInt16
    /// Offset from the Ethernet header at which the checksum begins.
    public var checksumStart: UInt16
    /// Offset from `checksumStart` at which the checksum is stored.
    public var checksumOffset: UInt16

    @inlinable
    public init(
        flags: UInt8 = 0, gsoType: UInt8 = 0, headerLength: UInt16 = 0, gsoSize: UInt16 = 0, checksumStart: UInt16 = 0,
        checksumOffset: UInt16 = 0
    ) {
        self.flags = flags
        self.gsoType = gsoType
        self.headerLength = headerLength
        self.gsoSize = gsoSize
        self.checksumStart = checksumStart
        self.checksumOffset = checksumOffset
    }

    @inlinable
    public static var none: FrameOffload { FrameOffload() }

    public static let needsChecksum: UInt8 = 1
}
