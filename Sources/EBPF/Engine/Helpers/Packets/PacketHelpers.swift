import Glibc

/// Helpers that move a packet's ends, and that say where it goes.
enum PacketHelpers {
    static let entries = [
        HelperEntry(.xdpAdjustHead, arguments: 2, price: .told(most: mostMoved), adjustHead),
        HelperEntry(.xdpAdjustMeta, arguments: 2, adjustMeta),
        HelperEntry(.xdpAdjustTail, arguments: 2, price: .told(most: mostMoved), adjustTail),
        HelperEntry(.redirect, arguments: 2, redirect),
    ]

    /// Price of all bytes that a packet can have.
    private static let mostMoved = Helpers.baseCost + (1 << 17) / Helpers.bytesPerCost
    /// `ETH_HLEN`: what a packet keeps.
    private static let minimumLength = 14
    /// Of metadata: `xdp_metalen_invalid`, <net/xdp.h>.
    private static let mostMetadata = 255

    /// `bpf_xdp_adjust_head(ctx, delta)`: the metadata moves with the packet's start.
    private static func adjustHead(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        let metadata = frame.pointee.metadataCount
        let data = frame.pointee.data + call.int(2)
        let first = frame.pointee.hardStart + (FrameContext.reservedHeadroom + metadata)
        guard data >= first, data <= frame.pointee.dataEnd - minimumLength else { return HelperCall.error(EINVAL) }
        let dataMeta = data - metadata
        memmove(dataMeta, frame.pointee.dataMeta, metadata)
        frame.pointee.dataMeta = dataMeta
        frame.pointee.data = data
        call.state.pointee.noteMoved(frame)
        return 0
    }

    /// `bpf_xdp_adjust_meta(ctx, delta)`
    private static func adjustMeta(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        let dataMeta = frame.pointee.dataMeta + call.int(2)
        guard dataMeta >= frame.pointee.hardStart + FrameContext.reservedHeadroom, dataMeta <= frame.pointee.data else {
            return HelperCall.error(EINVAL)
        }
        let count = frame.pointee.data - dataMeta
        guard count <= mostMetadata, count % 4 == 0 else { return HelperCall.error(EACCES) }
        frame.pointee.dataMeta = dataMeta
        call.state.pointee.noteMoved(frame)
        return 0
    }

    /// `bpf_xdp_adjust_tail(ctx, delta)`: what is added is zero.
    private static func adjustTail(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        let delta = call.int(2)
        let end = frame.pointee.dataEnd + delta
        guard end <= frame.pointee.hardEnd, end >= frame.pointee.data + minimumLength else {
            return HelperCall.error(EINVAL)
        }
        if delta > 0 {
            memset(frame.pointee.dataEnd, 0, delta)
            call.charge(bytes: delta)
        }
        frame.pointee.dataEnd = end
        call.state.pointee.noteMoved(frame)
        return 0
    }

    /// `enum xdp_action`, <linux/bpf.h>.
    private static let aborted: UInt64 = 0
    private static let redirected: UInt64 = 4

    /// `bpf_redirect(ifindex, flags)`: no flags are known.
    private static func redirect(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.currentFrame()
        guard call[2] == 0 else { return aborted }
        frame.pointee.redirect = Redirect(kind: .interface, target: call.u32(1))
        return redirected
    }
}

extension FrameContext {
    /// Bytes of metadata in front of the packet.
    var metadataCount: Int { data - dataMeta }
}
