import Engine

extension FIBEntry {
    /// As it was declared.
    var json: JSON {
        var json: JSON
        switch self {
        case .route(let route, _): json = route.json
        case .neighbour(let neighbour, _): json = neighbour.json
        case .interface(let interface, _): json = interface.json
        }
        switch egress {
        case .port(let record, let port)?: json.set("port", .string("\(record)/\(port)"))
        case .interface(let name)?: json.set("interface", .string(name))
        case .ifindex(let index)?: json.set("ifindex", .integer(index))
        case nil: break
        }
        return json
    }
}

extension FIBAddress {
    var text: String { IPAddress.text(bytes) }
}

extension FIBRoute {
    /// Without the interface.
    var json: JSON {
        var json: JSON = ["prefix": .string("\(prefix.text)/\(length)"), "kind": .string(kind.rawValue)]
        if let gateway { json.set("gateway", .string(gateway.text)) }
        json.set("metric", .integer(metric))
        if mtu > 0 { json.set("mtu", .integer(mtu)) }
        if let source { json.set("source", .string(source.text)) }
        json.set("table", .integer(table))
        return json
    }
}

extension FIBNeighbour {
    var json: JSON { ["address": .string(address.text), "mac": .string(MACAddress.text(mac))] }
}

extension FIBInterface {
    var json: JSON {
        [
            "mac": .string(MACAddress.text(mac)), "mtu": .integer(mtu), "forwardsIPv4": .bool(forwardsIPv4),
            "forwardsIPv6": .bool(forwardsIPv6), "addresses": .array(addresses.map { .string($0.text) }),
        ]
    }
}
