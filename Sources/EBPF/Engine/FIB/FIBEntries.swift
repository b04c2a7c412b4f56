/// A route, as `ip route` shows it.
public struct FIBRoute: Hashable, Sendable {
    /// What becomes of packets to the prefix. `RTN_*`, <linux/rtnetlink.h>.
    public enum Kind: String, Hashable, Sendable {
        case unicast
        /// An address of the host's own, or one that it broadcasts to.
        case local
        case blackhole, unreachable, prohibit
        /// As if the table had no such route.
        case `throw`
    }

    public var prefix: FIBAddress
    /// Bits of the prefix that count.
    public var length: Int
    public var table: UInt32
    public var kind: Kind
    /// Of routes with the same prefix the one with the lowest metric is taken.
    public var metric: UInt32
    /// Nil: the destination is on the link.
    public var gateway: FIBAddress?
    /// The interface that packets leave by.
    public var ifindex: UInt32
    /// What `mtu lock` sets, or for IPv6 `mtu`; 0: the interface's.
    public var mtu: UInt32
    /// The address that packets of the host's own should come from.
    public var source: FIBAddress?
    /// Whether packets need a header of a tunnel, which the helper does not add.
    public var encapsulates: Bool

    /// `RT_TABLE_MAIN`, `RT_TABLE_LOCAL`, `RT_TABLE_DEFAULT`, <linux/rtnetlink.h>.
    public static let mainTable: UInt32 = 254
    public static let localTable: UInt32 = 255
    public static let defaultTable: UInt32 = 253

    public init(
        _ prefix: FIBAddress, length: Int, table: UInt32 = mainTable, kind: Kind = .unicast, metric: UInt32 = 0,
        gateway: FIBAddress? = nil, ifindex: UInt32 = 0, mtu: UInt32 = 0, source: FIBAddress? = nil,
        encapsulates: Bool = false
    ) {
        self.prefix = prefix
        self.length = length
        self.table = table
        self.kind = kind
        self.metric = metric
        self.gateway = gateway
        self.ifindex = ifindex
        self.mtu = mtu
        self.source = source
        self.encapsulates = encapsulates
    }
}

/// The Ethernet address of a host on a link.
public struct FIBNeighbour: Hashable, Sendable {
    public var address: FIBAddress
    public var ifindex: UInt32
    /// 6 bytes.
    public var mac: [UInt8]

    public init(_ address: FIBAddress, ifindex: UInt32, mac: [UInt8]) {
        self.address = address
        self.ifindex = ifindex
        self.mac = mac
    }
}

/// What the helpers know of an interface.
public struct FIBInterface: Hashable, Sendable {
    public var ifindex: UInt32
    /// 6 bytes.
    public var mac: [UInt8]
    /// Bytes of a packet, without the Ethernet header.
    public var mtu: UInt32
    /// `net.ipv4.conf.*.forwarding`, `net.ipv6.conf.*.forwarding`
    public var forwardsIPv4: Bool
    public var forwardsIPv6: Bool
    /// The table of the VRF that it belongs to.
    public var table: UInt32
    public var addresses: [FIBAddress]

    public init(
        _ ifindex: UInt32, mac: [UInt8], mtu: UInt32 = 1500, forwardsIPv4: Bool = true, forwardsIPv6: Bool = true,
        table: UInt32 = FIBRoute.mainTable, addresses: [FIBAddress] = []
    ) {
        self.ifindex = ifindex
        self.mac = mac
        self.mtu = mtu
        self.forwardsIPv4 = forwardsIPv4
        self.forwardsIPv6 = forwardsIPv6
        self.table = table
        self.addresses = addresses
    }
}

/// Which table a packet is looked up in, as `ip rule` shows it. The first rule whose table has a route decides.
public struct FIBRule: Hashable, Sendable {
    /// Bits of the mark that are compared, and what they must be.
    public var markMask: UInt32
    public var mark: UInt32
    /// Nil: any.
    public var ingressIfindex: UInt32?
    public var table: UInt32

    public init(table: UInt32, mark: UInt32 = 0, markMask: UInt32 = 0, ingressIfindex: UInt32? = nil) {
        self.table = table
        self.mark = mark
        self.markMask = markMask
        self.ingressIfindex = ingressIfindex
    }

    /// Those that Linux starts with.
    public static let standard = [FIBRoute.localTable, FIBRoute.mainTable, FIBRoute.defaultTable].map {
        FIBRule(table: $0)
    }
}
