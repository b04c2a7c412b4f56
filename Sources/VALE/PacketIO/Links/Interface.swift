/// A network interface of one namespace, as rtnetlink describes it.
public struct Interface: Hashable, Sendable {
    public let index: Int32
    public let name: String
    /// IFF_UP: administratively up.
    public let isUp: Bool
    /// IFF_LOWER_UP: there is a carrier.
    public let hasCarrier: Bool
    /// Bytes of a frame without its Ethernet header.
    public let mtu: Int
    /// The hardware address; 6 bytes with Ethernet.
    public let address: [UInt8]
    /// ARPHRD_...: 1 = Ethernet, 772 = loopback.
    public let hardwareType: UInt16
    /// IFLA_INFO_KIND, `veth`, `bridge`, `tun`, ...; nil for a physical one.
    public let kind: String?

    public var linkState: LinkState { isUp && hasCarrier ? .up : .down }

    public init(
        index: Int32, name: String, isUp: Bool, hasCarrier: Bool, mtu: Int, address: [UInt8], hardwareType: UInt16,
        kind: String?
    ) {
        self.index = index
        self.name = name
        self.isUp = isUp
        self.hasCarrier = hasCarrier
        self.mtu = mtu
        self.address = address
        self.hardwareType = hardwareType
        self.kind = kind
    }

    /// The interfaces of the calling thread's network namespace, by index.
    public static func list() throws(PortError) -> [Interface] {
        let link = try LinkSocket.asking()
        defer { link.close() }
        var table: [Int32: Interface] = [:]
        try link.dump { message in
            if case .present(let interface) = message { table[interface.index] = interface }
        }
        return table.values.sorted { $0.index < $1.index }
    }
}

/// What has happened to an interface.
public enum InterfaceEvent: Hashable, Sendable {
    case added(Interface)
    case removed(Interface)
    case renamed(Interface, from: String)
    /// Frames can pass: administratively up and with carrier.
    case up(Interface)
    case down(Interface)
    /// The MTU or the hardware address.
    case changed(Interface)
}
