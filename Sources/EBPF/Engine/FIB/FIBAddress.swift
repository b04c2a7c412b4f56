/// An IPv4 or IPv6 address, or a prefix's first.
public struct FIBAddress: Hashable, Sendable {
    public enum Family: UInt8, Sendable {
        /// `AF_INET`
        case ipv4 = 2
        /// `AF_INET6`
        case ipv6 = 10

        /// Bits of an address.
        var bits: Int { self == .ipv4 ? 32 : 128 }
    }

    public let family: Family
    /// The address as a number, the first byte the highest: below 2^32 for IPv4.
    let value: UInt128

    init(_ family: Family, _ value: UInt128) {
        self.family = family
        self.value = value
    }

    /// - Parameter bytes: in network order; nil unless there are 4 or 16.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.init(bytes.count == 4 ? .ipv4 : .ipv6, bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }

    /// In network order.
    public var bytes: [UInt8] {
        stride(from: family.bits - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt128($0)) }
    }

    /// What Linux never forwards, to or from: multicast, link-local and loopback addresses of IPv6.
    var isNeverForwarded: Bool {
        guard family == .ipv6 else { return false }
        let first = UInt16(truncatingIfNeeded: value >> 112)
        return first & 0xFF00 == 0xFF00 || first & 0xFFC0 == 0xFE80 || value == 1
    }
}
