import Engine
import Foundation
import Switching

/// What is declared, with the numbers of the interfaces that it names.
struct FIBResolution {
    private let state: FIBState
    /// By `SWITCH/PORT`, those that have a number now.
    private let ports: [String: PortInfo]

    init(_ control: ControlState) {
        state = control.fib
        var ports: [String: PortInfo] = [:]
        for record in control.switches.values {
            for info in record.vale.ports where info.ifindex != 0 { ports["\(record.name)/\(info.name)"] = info }
        }
        self.ports = ports
    }

    /// Nil while there is no such interface.
    func ifindex(_ egress: FIBEntry.Egress?) -> UInt32? {
        switch egress {
        case .port(let record, let port)?: return ports["\(record)/\(port)"]?.ifindex
        case .interface(let name)?:
            let index = if_nametoindex(name)
            return index == 0 ? nil : index
        case .ifindex(let index)?: return index
        case nil: return nil
        }
    }

    /// What is declared for interfaces that are not there is left out until they are.
    func contents(host: FIBTable.Contents?) -> FIBTable.Contents {
        var contents = host ?? FIBTable.Contents()
        var interfaces = Dictionary(contents.interfaces.map { ($0.ifindex, $0) }) { first, _ in first }
        for info in ports.values where interfaces[info.ifindex] == nil {
            interfaces[info.ifindex] = FIBInterface(
                info.ifindex, mac: info.macAddress ?? Self.mac(info.ifindex), mtu: UInt32(clamping: info.mtu ?? 1500))
        }
        for case .interface(var interface, let egress) in sorted(.interfaces) {
            guard let ifindex = ifindex(egress) else { continue }
            interface.ifindex = ifindex
            interfaces[ifindex] = interface
        }
        contents.interfaces = interfaces.values.sorted { $0.ifindex < $1.ifindex }
        for case .neighbour(var neighbour, let egress) in sorted(.neighbours) {
            guard let ifindex = ifindex(egress) else { continue }
            neighbour.ifindex = ifindex
            contents.neighbours.append(neighbour)
        }
        var declared: [FIBRoute] = []
        for case .route(var route, let egress) in sorted(.routes) {
            if egress != nil {
                guard let ifindex = ifindex(egress) else { continue }
                route.ifindex = ifindex
            }
            declared.append(route)
        }
        // Of the host's routes those to a prefix that is declared with the same metric give way.
        let places = Set(declared.map { Place($0) })
        contents.routes = contents.routes.filter { !places.contains(Place($0)) } + declared
        return contents
    }

    private struct Place: Hashable {
        var prefix: FIBAddress
        var length: Int
        var table: UInt32
        var metric: UInt32

        init(_ route: FIBRoute) {
            (prefix, length, table, metric) = (route.prefix, route.length, route.table, route.metric)
        }
    }

    private func sorted(_ collection: FIBCollection) -> [FIBEntry] {
        state[collection].sorted { $0.key < $1.key }.map(\.value)
    }

    /// The address of a port that has none of its own: locally administered.
    private static func mac(_ ifindex: UInt32) -> [UInt8] {
        [0x02, 0x00] + withUnsafeBytes(of: ifindex.bigEndian) { Array($0) }
    }
}
