import Engine
import Foundation

/// The kinds of what a declared table of routes holds: `/v1/fib/routes`.
enum FIBCollection: String, CaseIterable, Sendable {
    case routes, neighbours, interfaces

    /// As lifecycle events and details name one.
    var kind: String { String(rawValue.dropLast()) }
}

/// A route, a neighbour or an interface as it was declared.
enum FIBEntry: Equatable, Sendable {
    /// Where packets leave; nil for a route that leads nowhere.
    case route(FIBRoute, Egress?)
    case neighbour(FIBNeighbour, Egress)
    case interface(FIBInterface, Egress)

    /// How a request names an interface; the `ifindex` of what comes with it is not set.
    enum Egress: Equatable, Sendable {
        /// Of a switch: `br0/uplink`.
        case port(switch: String, port: String)
        /// Of the host.
        case interface(String)
        case ifindex(UInt32)
    }

    var egress: Egress? {
        switch self {
        case .route(_, let egress): egress
        case .neighbour(_, let egress), .interface(_, let egress): egress
        }
    }
}

extension FIBEntry {
    private static let egressMembers = ["port", "interface", "ifindex"]

    /// `FIBRouteSpec`, `FIBNeighbourSpec` or `FIBInterfaceSpec` of openapi.yaml.
    init(_ collection: FIBCollection, _ reader: JSONReader) throws(Problem) {
        switch collection {
        case .routes: try self.init(route: reader)
        case .neighbours:
            let members = try reader.members(known: ["address", "mac"] + Self.egressMembers)
            let neighbour = FIBNeighbour(
                try Self.address(try members.required("address")), ifindex: 0,
                mac: try Self.mac(try members.required("mac")))
            self = .neighbour(neighbour, try Self.requiredEgress(members))
        case .interfaces:
            let members = try reader.members(
                known: ["mac", "mtu", "forwardsIPv4", "forwardsIPv6", "addresses"] + Self.egressMembers)
            var interface = FIBInterface(0, mac: try Self.mac(try members.required("mac")))
            if let mtu = try members["mtu"]?.integer(in: 68...65535) { interface.mtu = UInt32(mtu) }
            interface.forwardsIPv4 = try members["forwardsIPv4"]?.bool() ?? true
            interface.forwardsIPv6 = try members["forwardsIPv6"]?.bool() ?? true
            for item in try members["addresses"]?.items() ?? [] { interface.addresses.append(try Self.address(item)) }
            self = .interface(interface, try Self.requiredEgress(members))
        }
    }

    private init(route reader: JSONReader) throws(Problem) {
        let members = try reader.members(
            known: ["prefix", "kind", "gateway", "metric", "mtu", "source", "table"] + Self.egressMembers)
        let prefixReader = try members.required("prefix")
        let text = try prefixReader.string()
        guard let (bytes, length) = IPAddress.prefix(text), let prefix = FIBAddress(bytes) else {
            throw prefixReader.refusal("expected a prefix such as 192.0.2.0/24 or 2001:db8::/32, got \(text)")
        }
        let hasBit = { (bit: Int) -> Bool in bytes[bit / 8] << (bit % 8) & 0x80 != 0 }
        if (length..<bytes.count * 8).contains(where: hasBit) {
            throw prefixReader.refusal("\(text) has bits behind the prefix")
        }
        var route = FIBRoute(prefix, length: length)
        if let reader = members["kind"] {
            guard let kind = FIBRoute.Kind(rawValue: try reader.string()) else {
                throw reader.refusal("expected unicast, local, blackhole, unreachable, prohibit or throw")
            }
            route.kind = kind
        }
        if let metric = try members["metric"]?.integer(in: 0...Int128(UInt32.max)) { route.metric = UInt32(metric) }
        if let mtu = try members["mtu"]?.integer(in: 68...65535) { route.mtu = UInt32(mtu) }
        if let table = try members["table"]?.integer(in: 1...Int128(UInt32.max)) { route.table = UInt32(table) }
        if let reader = members["gateway"] {
            let gateway = try Self.address(reader)
            guard gateway.family == prefix.family || prefix.family == .ipv4 else {
                throw reader.refusal("a route of IPv6 has no gateway of IPv4")
            }
            route.gateway = gateway
        }
        if let reader = members["source"] {
            let source = try Self.address(reader)
            guard source.family == prefix.family else { throw reader.refusal("not of the prefix's family") }
            route.source = source
        }
        let egress = try Self.egress(members)
        if route.kind == .unicast && egress == nil { throw Self.missingEgress(members) }
        if route.kind != .unicast, let surplus = members["gateway"] ?? members["mtu"] {
            throw surplus.refusal("only a unicast route has this")
        }
        self = .route(route, egress)
    }

    private static func address(_ reader: JSONReader) throws(Problem) -> FIBAddress {
        let text = try reader.string()
        guard let address = IPAddress.bytes(text).flatMap({ FIBAddress($0) }) else {
            throw reader.refusal("expected an address of IPv4 or IPv6, got \(text)")
        }
        return address
    }

    private static func mac(_ reader: JSONReader) throws(Problem) -> [UInt8] {
        guard let mac = MACAddress.bytes(try reader.string()) else {
            throw reader.refusal("expected an address such as 02:00:00:00:00:01")
        }
        return mac
    }

    private static func missingEgress(_ members: JSONReader.Members) -> Problem {
        .invalid(at: members.pointer, "one of port (SWITCH/PORT), interface and ifindex is needed")
    }

    private static func requiredEgress(_ members: JSONReader.Members) throws(Problem) -> Egress {
        guard let egress = try egress(members) else { throw missingEgress(members) }
        return egress
    }

    private static func egress(_ members: JSONReader.Members) throws(Problem) -> Egress? {
        let given = egressMembers.compactMap { members[$0] }
        guard given.count <= 1 else { throw given[1].refusal("only one of port, interface and ifindex") }
        if let reader = members["port"] {
            let text = try reader.string()
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, Names.isName(parts[0]), Names.isPortName(parts[1]) else {
                throw reader.refusal("expected SWITCH/PORT, got \(text)")
            }
            return .port(switch: parts[0], port: parts[1])
        }
        if let reader = members["interface"] {
            let name = try reader.string()
            guard Names.isInterfaceName(name) else { throw reader.refusal("\(name) can't be an interface's name") }
            return .interface(name)
        }
        return (try members["ifindex"]?.integer(in: 1...Int128(Int32.max))).map { .ifindex(UInt32($0)) }
    }
}
