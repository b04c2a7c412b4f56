import Engine
import Foundation
import TestSupport

/// Interfaces, routes and neighbours, for Linux as commands and for Swale as the contents of a table.
///
/// Interface 1 is `lo`, which packets come from; 10 and 11 are links that nobody is at.
struct RoutedNetwork: Sendable {
    private struct Route {
        var prefix: String
        /// nil: on the link, or nowhere.
        var gateway: String?
        var interface: UInt32
        var kind = FIBRoute.Kind.unicast
        var metric: UInt32 = 0
    }

    private static let links: [(index: UInt32, mac: [UInt8], mtu: UInt32, addresses: [String])] = [
        (10, mac(0x10), 1500, ["10.10.0.1/24", "fd10::1/64"]), (11, mac(0x11), 1280, ["10.11.0.1/24", "fd11::1/64"]),
    ]
    private static let neighbours: [(address: String, interface: UInt32, mac: [UInt8])] = [
        ("10.10.0.2", 10, mac(0xa2)), ("10.11.0.2", 11, mac(0xb2)), ("fd10::2", 10, mac(0xa6)),
        ("fd11::2", 11, mac(0xb6)),
    ]
    private static let routes = [
        Route(prefix: "10.10.0.0/24", interface: 10), Route(prefix: "10.11.0.0/24", interface: 11),
        Route(prefix: "172.16.0.0/12", gateway: "10.10.0.2", interface: 10, metric: 5),
        Route(prefix: "172.20.0.0/16", gateway: "10.11.0.2", interface: 11),
        Route(prefix: "172.21.0.0/16", gateway: "10.11.0.99", interface: 11),
        Route(prefix: "172.30.0.0/16", interface: 0, kind: .blackhole),
        Route(prefix: "172.30.1.0/24", interface: 0, kind: .unreachable),
        Route(prefix: "172.30.2.0/24", interface: 0, kind: .prohibit),
        Route(prefix: "fd10::/64", interface: 10, metric: 256), Route(prefix: "fd11::/64", interface: 11, metric: 256),
        Route(prefix: "fd20::/16", gateway: "fd10::2", interface: 10, metric: 7),
        Route(prefix: "fd20:1::/32", gateway: "fd11::2", interface: 11, metric: 9),
        Route(prefix: "fd30::/16", interface: 0, kind: .blackhole, metric: 10),
    ]

    let contents: FIBTable.Contents = {
        var contents = FIBTable.Contents()
        contents.interfaces = [FIBInterface(1, mac: zeros(6), mtu: 65536)]
        for link in links {
            contents.interfaces.append(
                FIBInterface(
                    link.index, mac: link.mac, mtu: link.mtu, addresses: link.addresses.map { prefix($0).address }))
            for address in link.addresses {
                let own = prefix(address).address
                contents.routes.append(
                    FIBRoute(own, length: 8 * own.bytes.count, table: FIBRoute.localTable, kind: .local, ifindex: 1))
            }
        }
        for route in routes {
            let (address, length) = prefix(route.prefix)
            contents.routes.append(
                FIBRoute(
                    address, length: length, kind: route.kind, metric: route.metric,
                    gateway: route.gateway.map { prefix($0).address }, ifindex: route.interface))
        }
        contents.neighbours = neighbours.map {
            FIBNeighbour(prefix($0.address).address, ifindex: $0.interface, mac: $0.mac)
        }
        return contents
    }()

    private static func prefix(_ text: String) -> (address: FIBAddress, length: Int) {
        let parts = text.split(separator: "/").map(String.init)
        let bytes = parts[0].contains(":") ? ip6(parts[0]) : ip(parts[0])
        return (FIBAddress(bytes)!, parts.count > 1 ? Int(parts[1])! : 8 * bytes.count)
    }

    /// A namespace of Linux that is set up so. Needs root.
    func namespace() throws -> NetworkNamespace {
        let namespace = try NetworkNamespace(ipv6: true)
        try namespace.perform {
            for family in ["ipv4", "ipv6"] {
                try "1".write(
                    toFile: "/proc/sys/net/\(family)/conf/all/forwarding", atomically: false, encoding: .utf8)
            }
        }
        for link in Self.links {
            let name = "link\(link.index)"
            try namespace.ip(
                "link", "add", name, "index", "\(link.index)", "address", Self.text(link.mac), "mtu", "\(link.mtu)",
                "type", "veth", "peer", "name", "peer\(link.index)")
            try namespace.ip("link", "set", "peer\(link.index)", "up")
            for address in link.addresses {
                let options = address.contains(":") ? ["nodad"] : []
                try Command.check(["ip", "-n", namespace.name, "address", "add", address, "dev", name] + options)
            }
            try namespace.ip("link", "set", name, "up")
        }
        for route in Self.routes where route.gateway != nil || route.kind != .unicast {
            var words = [route.kind.rawValue, route.prefix, "metric", "\(route.metric)"]
            if let gateway = route.gateway { words += ["via", gateway, "dev", "link\(route.interface)"] }
            try Command.check(["ip", "-n", namespace.name, "route", "add"] + words)
        }
        for neighbour in Self.neighbours {
            try namespace.ip(
                "neighbour", "add", neighbour.address, "lladdr", Self.text(neighbour.mac), "dev",
                "link\(neighbour.interface)", "nud", "permanent")
        }
        return namespace
    }

    private static func text(_ mac: [UInt8]) -> String {
        mac.map { String(format: "%02x", $0) }.joined(separator: ":")
    }
}
