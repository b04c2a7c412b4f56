/// `struct virtio_net_hdr`, <linux/virtio_net.h>, in front of every frame that crosses a packet socket: the layout of
/// `FrameOffload`.
enum VirtioHeader {
    static let bytes = 10

    /// Hot path. The header in front of a received frame.
    @inline(__always)
    static func load(before frame: UnsafeMutableRawPointer) -> FrameOffload {
        (frame - bytes).loadUnaligned(as: FrameOffload.self)
    }

    /// Hot path. Writes it in front of a frame that is to be sent.
    @inline(__always)
    static func store(_ offload: FrameOffload, before frame: UnsafeMutableRawPointer) {
        (frame - bytes).storeBytes(of: offload, as: FrameOffload.self)
    }
}
