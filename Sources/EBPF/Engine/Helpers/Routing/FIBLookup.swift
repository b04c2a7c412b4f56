import Glibc

/// `BPF_FIB_LOOKUP_*`, <linux/bpf.h>.
struct FIBFlags: OptionSet {
    let rawValue: UInt32

    /// One table, without the rules.
    static let direct = FIBFlags(rawValue: 1)
    /// From the egress' side.
    static let output = FIBFlags(rawValue: 2)
    static let skipNeighbour = FIBFlags(rawValue: 4)
    static let tableID = FIBFlags(rawValue: 8)
    static let source = FIBFlags(rawValue: 16)
    static let mark = FIBFlags(rawValue: 32)
    static let all = FIBFlags(rawValue: 63)
}

/// `BPF_FIB_LKUP_RET_*`, <linux/bpf.h>.
enum FIBResult: UInt64 {
    case success, blackhole, unreachable, prohibit, notForwarded, forwardingDisabled, unsupportedTunnel, noNeighbour
    case fragmentationNeeded, noSourceAddress
}

/// `struct bpf_fib_lookup`, <linux/bpf.h>: 64 bytes, which hold the question and then the answer.
struct FIBParameters {
    static let size = 64
    private let memory: UnsafeMutableRawBufferPointer

    init(_ memory: UnsafeMutableRawBufferPointer) { self.memory = memory }

    private func u32(_ offset: Int) -> UInt32 { memory.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    private func set<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
        memory.storeBytes(of: value, toByteOffset: offset, as: T.self)
    }

    /// Nil where it is neither IPv4 nor IPv6.
    var family: FIBAddress.Family? { FIBAddress.Family(rawValue: memory[0]) }
    func setFamily(_ family: FIBAddress.Family) { set(0, family.rawValue) }

    /// Of the packet, from its IP header on.
    var totalLength: UInt32 { UInt32(memory.loadUnaligned(fromByteOffset: 6, as: UInt16.self)) }
    func setMTU(_ mtu: UInt32) { set(6, UInt16(truncatingIfNeeded: mtu)) }

    var ifindex: UInt32 { u32(8) }
    func setInterface(_ ifindex: UInt32) { set(8, ifindex) }
    func setMetric(_ metric: UInt32) { set(12, metric) }
    var table: UInt32 { u32(48) }
    var mark: UInt32 { u32(52) }

    func source(_ family: FIBAddress.Family) -> FIBAddress { address(16, family) }
    func destination(_ family: FIBAddress.Family) -> FIBAddress { address(32, family) }
    func setSource(_ address: FIBAddress) { setAddress(16, address) }
    func setDestination(_ address: FIBAddress) { setAddress(32, address) }

    private func address(_ offset: Int, _ family: FIBAddress.Family) -> FIBAddress {
        guard family == .ipv6 else { return FIBAddress(.ipv4, UInt128(UInt32(bigEndian: u32(offset)))) }
        return FIBAddress(.ipv6, UInt128(bigEndian: memory.loadUnaligned(fromByteOffset: offset, as: UInt128.self)))
    }
    private func setAddress(_ offset: Int, _ address: FIBAddress) {
        if address.family == .ipv6 {
            set(offset, address.value.bigEndian)
        } else {
            set(offset, UInt32(truncatingIfNeeded: address.value).bigEndian)
        }
    }

    /// VLAN protocol and TCI, or the table.
    func clearTag() { set(48, UInt32(0)) }
    func setMACs(source: [UInt8], destination: UInt64) {
        for index in 0..<6 {
            memory[52 + index] = index < source.count ? source[index] : 0
            memory[58 + index] = UInt8(truncatingIfNeeded: destination >> (8 * UInt64(index)))
        }
    }
}

extension FIBSnapshot {
    /// Answers `bpf_fib_lookup`: the result's number, or a negative errno. What the answer leaves of the parameters is as
    /// Linux leaves it.
    func lookup(_ parameters: FIBParameters, _ flags: FIBFlags) -> UInt64 {
        guard let family = parameters.family else { return HelperCall.error(EAFNOSUPPORT) }
        let destination = parameters.destination(family)
        if destination.isNeverForwarded || parameters.source(family).isNeverForwarded {
            return FIBResult.notForwarded.rawValue
        }
        guard let ingress = interface(parameters.ifindex) else { return HelperCall.error(ENODEV) }
        guard family == .ipv4 ? ingress.forwardsIPv4 : ingress.forwardsIPv6 else {
            return FIBResult.forwardingDisabled.rawValue
        }
        guard let route = route(destination, from: ingress, parameters, flags) else {
            return FIBResult.notForwarded.rawValue
        }
        return answer(parameters, flags, destination, route).rawValue
    }

    private func route(
        _ destination: FIBAddress, from ingress: FIBInterface, _ parameters: FIBParameters, _ flags: FIBFlags
    ) -> FIBRoute? {
        // For IPv6 the egress is a wish only.
        let egress = flags.contains(.output) && destination.family == .ipv4 ? parameters.ifindex : nil
        guard flags.contains(.direct) else {
            return route(
                destination, ingress: flags.contains(.output) ? nil : parameters.ifindex, egress: egress,
                mark: flags.contains(.mark) ? parameters.mark : 0)
        }
        var table = ingress.table
        if flags.contains(.tableID) {
            table = parameters.table
            parameters.clearTag()
        }
        return route(destination, table: table, egress: egress)
    }

    private func answer(
        _ parameters: FIBParameters, _ flags: FIBFlags, _ destination: FIBAddress, _ route: FIBRoute
    ) -> FIBResult {
        switch route.kind {
        case .unicast: break
        case .blackhole: return .blackhole
        case .unreachable: return .unreachable
        case .prohibit: return .prohibit
        case .local, .throw: return .notForwarded
        }
        // Linux has no route to an interface that it does not have.
        guard let egress = interface(route.ifindex) else { return .notForwarded }
        let mtu = route.mtu != 0 ? route.mtu : egress.mtu
        guard parameters.totalLength <= mtu else {
            parameters.setMTU(mtu)
            return .fragmentationNeeded
        }
        if route.encapsulates { return .unsupportedTunnel }
        parameters.setMetric(route.metric)
        parameters.setInterface(route.ifindex)
        if flags.contains(.source) {
            let family = destination.family
            let source = route.source ?? egress.addresses.first { $0.family == family }
            guard source != nil || family == .ipv4 else { return .noSourceAddress }
            parameters.setSource(source ?? FIBAddress(family, 0))
        }
        let hop = route.gateway ?? destination
        if hop.family != destination.family { parameters.setFamily(hop.family) }
        parameters.setDestination(hop)
        if !flags.contains(.skipNeighbour) {
            guard let mac = neighbour(hop, ifindex: route.ifindex) else { return .noNeighbour }
            parameters.setMACs(source: egress.mac, destination: mac)
        }
        parameters.clearTag()
        parameters.setMTU(mtu)
        return .success
    }
}
