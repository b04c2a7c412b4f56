/// What a program may know of a frame, for every program type; the engine makes the type's own context of it.
public struct FrameContext {
    /// First byte and end of the packet; after a run as the program left them.
    public var data: UnsafeMutableRawPointer
    public var dataEnd: UnsafeMutableRawPointer
    /// Start of the metadata in front of the packet; equal to `data` where there is none.
    public var dataMeta: UnsafeMutableRawPointer
    /// The memory that the packet may grow into: headroom in front, tailroom behind. As on Linux, the first
    /// `reservedHeadroom` bytes stay out of programs' reach.
    public var hardStart: UnsafeMutableRawPointer
    public var hardEnd: UnsafeMutableRawPointer
    /// Port number that the frame came in at (`vale`).
    public var ingressPort: UInt32
    public var ingressIfindex: UInt32
    public var egressIfindex: UInt32
    /// RX ring; a `vale` program leaves the egress ring here.
    public var ring: UInt8
    /// What the program (`xdp`) asked for last; `none` where it asked for nothing.
    public var redirect = Redirect.none

    /// What the port knows of the frame; nil where it knows nothing of any. Valid during the run.
    public var received: UnsafePointer<ReceiveMetadata>?

    /// `sizeof(struct xdp_frame)`: what Linux keeps of the headroom for itself.
    public static let reservedHeadroom = 40

    /// - Parameters:
    ///   - headroom: bytes in front of the packet that may be written.
    ///   - tailroom: bytes behind it that may be written.
    @inlinable
    public init(
        data: UnsafeMutableRawPointer, length: Int, headroom: Int = 0, tailroom: Int = 0, ingressPort: UInt32 = 0,
        ring: UInt8 = 0, ingressIfindex: UInt32 = 0, egressIfindex: UInt32 = 0
    ) {
        self.data = data
        dataEnd = data + length
        dataMeta = data
        hardStart = data - headroom
        hardEnd = data + (length + tailroom)
        self.ingressPort = ingressPort
        self.ingressIfindex = ingressIfindex
        self.egressIfindex = egressIfindex
        self.ring = ring
    }
}

/// `struct vale_bpf_md` in memory: 24 bytes, of which `ring_nr` alone is writable.
enum ValeContext {
    static let size = 24
    static let data = 0
    static let dataEnd = 8
    static let ingressPort = 16
    static let ring = 20
}

/// `struct xdp_md`, <linux/bpf.h>: 24 bytes of 32-bit fields; the first three yield 64-bit pointers when loaded.
enum XDPContext {
    static let size = 24
    static let data = 0
    static let dataEnd = 4
    static let dataMeta = 8
    static let ingressIfindex = 12
    static let rxQueueIndex = 16
    static let egressIfindex = 20

    /// Behind the struct: the pointers of 64 bits that its first three fields yield, in their order.
    static let pointers = 32
    static let bytesWithPointers = 56

    /// Where the pointer of a field is, as a distance from the field.
    static func pointerDistance(field: Int) -> Int { pointers + field }
}
