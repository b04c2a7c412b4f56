/// An Ethernet frame.
///
/// - Parameter tags: VLAN tags, the outer one first.
func eth(
    _ type: UInt16, _ payload: [UInt8] = [], to: [UInt8] = mac(1), from: [UInt8] = mac(2),
    tags: [(protocol: UInt16, tci: UInt16)] = []
) -> [UInt8] {
    var frame = to + from
    for tag in tags { frame += be16(tag.protocol) + be16(tag.tci) }
    return frame + be16(type) + payload
}

enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let vlan: UInt16 = 0x8100
    static let qinq: UInt16 = 0x88a8
    static let ipv6: UInt16 = 0x86dd
    static let mpls: UInt16 = 0x8847
}

enum IPProtocol {
    static let icmp: UInt8 = 1
    static let ipip: UInt8 = 4
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let ipv6: UInt8 = 41
    static let gre: UInt8 = 47
    static let icmpv6: UInt8 = 58
}

/// An IPv4 packet; checksums of what it carries are completed where they are 0.
///
/// - Parameter fragment: flags and offset, 0x2000 for more fragments.
func ipv4(
    _ number: UInt8, from: String, to: String, _ payload: [UInt8] = [], ttl: UInt8 = 64, tos: UInt8 = 0,
    id: UInt16 = 0x1234, fragment: UInt16 = 0, options: [UInt8] = []
) -> [UInt8] {
    let length = 20 + options.count
    var header: [UInt8] = [0x40 | UInt8(length / 4), tos]
    header += be16(UInt16(length + payload.count)) + be16(id) + be16(fragment) + [ttl, number, 0, 0]
    header += ip(from) + ip(to) + options
    let sum = checksum(header)
    header.replaceSubrange(10..<12, with: be16(sum))
    let pseudo = ip(from) + ip(to) + [0, number] + be16(UInt16(payload.count))
    return header + (fragment & 0x1fff == 0 ? completed(payload, number, pseudo) : payload)
}

func ipv6(
    _ next: UInt8, from: String, to: String, _ payload: [UInt8] = [], hops: UInt8 = 64, traffic: UInt8 = 0,
    flow: UInt32 = 0
) -> [UInt8] {
    let word = 6 << 28 | UInt32(traffic) << 20 | flow
    let header = be32(word) + be16(UInt16(payload.count)) + [next, hops] + ip6(from) + ip6(to)
    let pseudo = ip6(from) + ip6(to) + be32(UInt32(payload.count)) + [0, 0, 0, next]
    return header + completed(payload, next, pseudo)
}

func udp(_ from: UInt16, _ to: UInt16, _ payload: [UInt8] = []) -> [UInt8] {
    be16(from) + be16(to) + be16(UInt16(8 + payload.count)) + [0, 0] + payload
}

enum TCPFlags {
    static let fin: UInt8 = 1
    static let syn: UInt8 = 2
    static let rst: UInt8 = 4
    static let psh: UInt8 = 8
    static let ack: UInt8 = 16
    static let urg: UInt8 = 32
}

func tcp(
    _ from: UInt16, _ to: UInt16, _ flags: UInt8, _ payload: [UInt8] = [], seq: UInt32 = 1000, ack: UInt32 = 0,
    window: UInt16 = 8192, options: [UInt8] = []
) -> [UInt8] {
    var header = be16(from) + be16(to) + be32(seq) + be32(ack)
    header += [UInt8((20 + options.count) / 4) << 4, flags] + be16(window) + [0, 0, 0, 0]
    return header + options + payload
}

/// ICMP and ICMPv6.
func icmp(_ type: UInt8, _ payload: [UInt8] = [], code: UInt8 = 0, rest: [UInt8] = [0, 1, 0, 1]) -> [UInt8] {
    [type, code, 0, 0] + rest + payload
}

/// - Parameter operation: 1 asks, 2 answers.
func arp(_ operation: UInt16, from: String, _ source: [UInt8], to: String, _ target: [UInt8] = zeros(6)) -> [UInt8] {
    var packet = be16(1) + be16(EtherType.ipv4) + [6, 4] + be16(operation)
    packet += source + ip(from) + target + ip(to)
    return packet
}

/// The Internet checksum, RFC 1071.
func checksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
        sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
    }
    while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
    return ~UInt16(sum)
}

/// `payload` with its checksum in place, where it is of a protocol that has one and it is 0.
private func completed(_ payload: [UInt8], _ number: UInt8, _ pseudo: [UInt8]) -> [UInt8] {
    let place: Int
    switch number {
    case IPProtocol.tcp: place = 16
    case IPProtocol.udp: place = 6
    case IPProtocol.icmp, IPProtocol.icmpv6: place = 2
    default: return payload
    }
    guard payload.count >= place + 2, payload[place] == 0, payload[place + 1] == 0 else { return payload }
    let sum = checksum(number == IPProtocol.icmp ? payload : pseudo + payload)
    var payload = payload
    payload.replaceSubrange(place..<place + 2, with: be16(sum == 0 && number == IPProtocol.udp ? 0xffff : sum))
    return payload
}
