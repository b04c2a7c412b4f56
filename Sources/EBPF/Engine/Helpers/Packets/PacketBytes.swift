import Glibc

/// Helpers that copy bytes of a packet, and its length.
enum PacketBytes {
    static let entries = [
        HelperEntry(.xdpGetBuffLen, arguments: 1, length),
        HelperEntry(.xdpLoadBytes, arguments: 4, price: .told(most: mostCopied), load),
        HelperEntry(.xdpStoreBytes, arguments: 4, price: .told(most: mostCopied), store),
    ]

    /// Offsets and lengths are 16 bits.
    private static let limit = 0xFFFF
    private static let mostCopied = Helpers.baseCost + limit / Helpers.bytesPerCost

    /// `bpf_xdp_get_buff_len(ctx)`
    private static func length(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        return UInt64(frame.pointee.dataEnd - frame.pointee.data)
    }

    /// Start of `count` bytes of the packet at `offset`; nil: the errno says why.
    private static func place(
        _ frame: UnsafeMutablePointer<FrameContext>, _ offset: UInt32, _ count: UInt32, _ errno: inout Int32
    ) -> UnsafeMutableRawPointer? {
        guard offset <= limit, count <= limit else {
            errno = EFAULT
            return nil
        }
        guard Int(offset) + Int(count) <= frame.pointee.dataEnd - frame.pointee.data else {
            errno = EINVAL
            return nil
        }
        return frame.pointee.data + Int(offset)
    }

    /// `bpf_xdp_load_bytes(ctx, offset, buffer, length)`
    private static func load(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        let buffer = try call.writable(3, bytes: Int(call.u32(4)))
        var errno: Int32 = 0
        guard let place = place(frame, call.u32(2), call.u32(4), &errno) else { return HelperCall.error(errno) }
        call.charge(bytes: buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: place, count: buffer.count))
        return 0
    }

    /// `bpf_xdp_store_bytes(ctx, offset, buffer, length)`
    private static func store(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        let buffer = try call.readable(3, bytes: Int(call.u32(4)))
        var errno: Int32 = 0
        guard let place = place(frame, call.u32(2), call.u32(4), &errno) else { return HelperCall.error(errno) }
        call.charge(bytes: buffer.count)
        if let bytes = buffer.baseAddress { memmove(place, bytes, buffer.count) }
        return 0
    }
}
