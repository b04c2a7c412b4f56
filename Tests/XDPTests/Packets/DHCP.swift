/// A DHCP message over UDP and IPv4, RFC 2131.
///
/// - Parameters:
///   - operation: 1 asks, 2 answers.
///   - options: behind the magic cookie, the end option with them.
func dhcp(
    _ operation: UInt8, hops: UInt8 = 0, flags: UInt16 = 0, yours: String = "0.0.0.0", relay: String = "0.0.0.0",
    magic: UInt32 = 0x6382_5363, addressBytes: UInt8 = 6, options: [UInt8]
) -> [UInt8] {
    var message: [UInt8] = [operation, 1, addressBytes, hops] + be32(0x1234_5678) + be16(3) + be16(flags)
    message += zeros(4) + ip(yours) + zeros(4) + ip(relay) + mac(9) + zeros(10) + zeros(192)
    message += be32(magic) + options
    let (from, to): (UInt16, UInt16) = operation == 1 ? (68, 67) : (67, 67)
    return eth(
        EtherType.ipv4, ipv4(IPProtocol.udp, from: "10.0.0.9", to: "10.0.0.1", udp(from, to, message)), from: mac(9))
}
