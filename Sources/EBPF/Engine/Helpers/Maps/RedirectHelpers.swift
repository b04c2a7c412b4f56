import Maps

/// `bpf_redirect_map`: where a frame goes by a map's element.
enum RedirectHelpers {
    static let entries = [HelperEntry(.redirectMap, arguments: 3, redirectMap)]

    /// `enum xdp_action`, <linux/bpf.h>.
    private static let aborted: UInt64 = 0
    private static let redirected: UInt64 = 4
    /// The action where there is no element.
    private static let actionBits: UInt64 = 3
    /// `BPF_F_BROADCAST` and `BPF_F_EXCLUDE_INGRESS`, <linux/bpf.h>.
    private static let broadcast: UInt64 = 8
    private static let excludeIngress: UInt64 = 16

    /// `bpf_redirect_map(map, key, flags)`
    private static func redirectMap(_ call: HelperCall) throws(Fault) -> UInt64 {
        let map = try call.map(1)
        let frame = try call.currentFrame()
        let flags = call[3]
        let isDevmap = map.pointee.type == .devmap || map.pointee.type == .devmapHash
        guard flags & ~(actionBits | (isDevmap ? broadcast | excludeIngress : 0)) == 0 else { return aborted }
        var redirect = Redirect(excludesIngress: flags & excludeIngress != 0, map: UInt(bitPattern: map))
        if flags & broadcast != 0 {
            redirect.kind = .broadcast
        } else {
            guard let target = map.pointee.redirectTarget(call.u32(2), slot: call.state.pointee.slot) else {
                frame.pointee.redirect = .none
                return flags & actionBits
            }
            redirect.program = target.pointee.program
            if map.pointee.type == .cpumap {
                redirect.kind = .worker
                redirect.target = call.u32(2)
            } else {
                // There are no AF_XDP sockets: an element of an xskmap names a port as one of a devmap does.
                redirect.kind = .interface
                redirect.target = target.pointee.target
            }
        }
        frame.pointee.redirect = redirect
        return redirected
    }
}

extension Redirect {
    /// A port that a broadcast goes to, and the program that runs before it is sent there.
    public struct Egress {
        public let ifindex: UInt32
        public let program: Executable?

        public init(ifindex: UInt32, program: Executable?) {
            self.ifindex = ifindex
            self.program = program
        }
    }

    /// Of a broadcast: the next element of its devmap, from `position` 0 on; nil at the end. Without locks; worker only.
    @inline(__always)
    public func nextEgress(from position: inout Int) -> Egress? {
        guard let map = UnsafePointer<MapCore>(bitPattern: map),
            let target = map.pointee.nextRedirectTarget(from: &position)
        else { return nil }
        let core = UnsafeMutablePointer<ProgramCore>(bitPattern: target.pointee.program)
        return Egress(ifindex: target.pointee.target, program: core.map { Executable(core: $0) })
    }
}
