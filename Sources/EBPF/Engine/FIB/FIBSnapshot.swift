/// Routes, neighbours and interfaces at one moment. It does not change: any number of threads read it.
final class FIBSnapshot: Sendable {
    let contents: FIBTable.Contents
    private let indices: [IndexKey: RouteIndex]
    private let neighbours: [NeighbourKey: UInt64]
    private let interfaces: [UInt32: FIBInterface]

    private struct IndexKey: Hashable {
        var table: UInt32
        var family: FIBAddress.Family
    }
    private struct NeighbourKey: Hashable {
        var ifindex: UInt32
        var address: FIBAddress
    }

    init(_ contents: FIBTable.Contents) {
        self.contents = contents
        let byTable = Dictionary(grouping: contents.routes) { IndexKey(table: $0.table, family: $0.prefix.family) }
        indices = Dictionary(
            uniqueKeysWithValues: byTable.map { ($0.key, RouteIndex($0.value, family: $0.key.family)) })
        neighbours = Dictionary(
            contents.neighbours.map {
                (NeighbourKey(ifindex: $0.ifindex, address: $0.address), Self.number($0.mac))
            }, uniquingKeysWith: { $1 })
        interfaces = Dictionary(contents.interfaces.map { ($0.ifindex, $0) }, uniquingKeysWith: { $1 })
    }

    func interface(_ ifindex: UInt32) -> FIBInterface? { interfaces[ifindex] }

    /// The Ethernet address, its first byte the lowest.
    func neighbour(_ address: FIBAddress, ifindex: UInt32) -> UInt64? {
        neighbours[NeighbourKey(ifindex: ifindex, address: address)]
    }

    /// - Parameter egress: the interface that the route must lead to, where one is asked for.
    func route(_ address: FIBAddress, table: UInt32, egress: UInt32?) -> FIBRoute? {
        indices[IndexKey(table: table, family: address.family)]?.route(address.value) {
            egress == nil || $0.ifindex == egress || $0.kind != .unicast
        }
    }

    /// By the rules.
    func route(_ address: FIBAddress, ingress: UInt32?, egress: UInt32?, mark: UInt32) -> FIBRoute? {
        for rule in contents.rules where mark & rule.markMask == rule.mark {
            if let wanted = rule.ingressIfindex, wanted != ingress { continue }
            guard let route = route(address, table: rule.table, egress: egress), route.kind != .throw else { continue }
            return route
        }
        return nil
    }

    static func number(_ mac: [UInt8]) -> UInt64 {
        mac.prefix(6).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
