import Glibc

/// Helpers that ask the host's routes, neighbours and interfaces, as `FIBTable` has them.
enum RoutingHelpers {
    static let entries = [
        HelperEntry(.fibLookup, arguments: 4, price: .fixed(lookupCost), fibLookup),
        HelperEntry(.checkMTU, arguments: 5, checkMTU),
    ]

    private static let lookupCost = 128

    /// `bpf_fib_lookup(ctx, params, plen, flags)`
    private static func fibLookup(_ call: HelperCall) throws(Fault) -> UInt64 {
        _ = try call.frame()
        let bytes = call.int(3)
        guard bytes >= FIBParameters.size else { return HelperCall.error(EINVAL) }
        let parameters = FIBParameters(try call.writable(2, bytes: bytes))
        let flags = FIBFlags(rawValue: call.u32(4))
        guard flags.isSubset(of: .all) else { return HelperCall.error(EINVAL) }
        guard parameters.family != nil else { return HelperCall.error(EAFNOSUPPORT) }
        let result = call.core.pointee.fib?.takeUnretainedValue().withSnapshot { $0.lookup(parameters, flags) }
        return result ?? HelperCall.error(ENODEV)
    }

    private static let ethernetHeader = 14

    /// `bpf_check_mtu(ctx, ifindex, mtu_len, len_diff, flags)`: `BPF_MTU_CHK_SEGS` is not for XDP.
    private static func checkMTU(_ call: HelperCall) throws(Fault) -> UInt64 {
        let frame = try call.frame()
        let length = try call.writable(3, bytes: 4)
        guard call[5] == 0 else { return HelperCall.error(EINVAL) }
        let ifindex = call.u32(2) == 0 ? frame.pointee.ingressIfindex : call.u32(2)
        let interface = call.core.pointee.fib?.takeUnretainedValue().withSnapshot { $0.interface(ifindex) } ?? nil
        guard let interface else { return HelperCall.error(ENODEV) }
        let given = Int(length.loadUnaligned(as: UInt32.self))
        let count = given != 0 ? given + ethernetHeader : frame.pointee.dataEnd - frame.pointee.data
        length.storeBytes(of: interface.mtu, as: UInt32.self)
        // `BPF_MTU_CHK_RET_FRAG_NEEDED`
        return count + call.int(4) > Int(interface.mtu) + ethernetHeader ? 1 : 0
    }
}
