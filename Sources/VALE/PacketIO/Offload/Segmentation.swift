/// Cuts a GSO frame into the frames that would have been on a wire, with checksums complete. TCP over IPv4 and IPv6 and
/// UDP_SEGMENT; no tunnels, whose headers the kernel does not describe in a virtio header.
///
/// As the kernel does it: each segment has the headers of the frame, with lengths, IPv4 identification, sequence number
/// and flags of its own. Source: `tcp_gso_segment`, `__udp_gso_segment`, `inet_gso_segment`.
public struct Segmentation {
    private let source: UnsafeMutableRawPointer
    private let length: Int
    /// Offset of the IP header, of the TCP or UDP header, and of the payload.
    private let network: Int
    private let transport: Int
    private let payload: Int
    private let isIPv4: Bool
    private let isTCP: Bool
    /// Payload bytes of a segment.
    private let size: Int
    private let checksum: Int
    /// The pseudo header's sum without its length.
    private let pseudoSum: UInt16

    /// Segments that the frame makes.
    public let count: Int

    /// Nil for what can't be cut: the headers are not those that the offload speaks of.
    public init?(_ frame: Frame) {
        let offload = frame.offload
        source = frame.bytes
        length = Int(frame.length)
        size = Int(offload.gsoSize)
        transport = Int(offload.checksumStart)
        guard size > 0, offload.flags & FrameOffload.needsChecksum != 0,
            let network = Self.networkHeader(frame), network &+ 20 <= transport, transport &+ 8 <= length
        else { return nil }
        self.network = network
        isIPv4 = source.load(fromByteOffset: network, as: UInt8.self) >> 4 == 4
        switch offload.gsoType & ~FrameOffload.ecn {
        case FrameOffload.tcpv4, FrameOffload.tcpv6:
            isTCP = true
            guard transport &+ 20 <= length else { return nil }
            payload = transport &+ Int(source.load(fromByteOffset: transport &+ 12, as: UInt8.self) >> 4) &* 4
            guard payload >= transport &+ 20, isIPv4 == (offload.gsoType & ~FrameOffload.ecn == FrameOffload.tcpv4)
            else { return nil }
        case FrameOffload.udpSegments:
            isTCP = false
            payload = transport &+ 8
        default: return nil
        }
        guard payload < length, isIPv4 || transport >= network &+ 40 else { return nil }
        checksum = transport &+ (isTCP ? 16 : 6)
        guard Int(offload.checksumOffset) == checksum &- transport else { return nil }
        let whole = UInt16(truncatingIfNeeded: length &- transport).bigEndian
        pseudoSum = InternetChecksum.subtract(whole, from: (source + checksum).loadUnaligned(as: UInt16.self))
        count = (length &- payload &+ size &- 1) / size
    }

    /// Bytes of the longest segment.
    public var longest: Int { payload &+ min(size, length &- payload) }

    /// Writes segment `index` of `count` to memory of at least `longest` bytes.
    ///
    /// - Returns: its bytes.
    public func write(_ index: Int, to target: UnsafeMutableRawPointer) -> Int {
        let start = payload &+ index &* size
        let bytes = min(size, length &- start)
        let total = payload &+ bytes
        target.copyMemory(from: source, byteCount: payload)
        (target + payload).copyMemory(from: source + start, byteCount: bytes)
        let isLast = index == count &- 1
        if isIPv4 {
            store(target, network &+ 2, UInt16(truncatingIfNeeded: total &- network))
            let identification = UInt16(bigEndian: (source + network + 4).loadUnaligned(as: UInt16.self))
            store(target, network &+ 4, identification &+ UInt16(truncatingIfNeeded: index))
            (target + network + 10).storeBytes(of: 0, as: UInt16.self)
            let header = Int(source.load(fromByteOffset: network, as: UInt8.self) & 15) &* 4
            let sum = ~InternetChecksum.fold(InternetChecksum.sum(target + network, count: header))
            (target + network + 10).storeBytes(of: sum, as: UInt16.self)
        } else {
            store(target, network &+ 4, UInt16(truncatingIfNeeded: total &- network &- 40))
        }
        if isTCP {
            let sequence = UInt32(bigEndian: (source + transport + 4).loadUnaligned(as: UInt32.self))
            let own = sequence &+ UInt32(truncatingIfNeeded: index &* size)
            (target + transport + 4).storeBytes(of: own.bigEndian, as: UInt32.self)
            var flags = source.load(fromByteOffset: transport &+ 13, as: UInt8.self)
            if !isLast { flags &= ~(Self.fin | Self.psh) }
            if index > 0 { flags &= ~Self.cwr }
            target.storeBytes(of: flags, toByteOffset: transport &+ 13, as: UInt8.self)
        } else {
            store(target, transport &+ 4, UInt16(truncatingIfNeeded: total &- transport))
        }
        (target + checksum).storeBytes(of: 0, as: UInt16.self)
        let own = UInt16(truncatingIfNeeded: total &- transport).bigEndian
        let sum = InternetChecksum.sum(target + transport, count: total &- transport)
        let complete = ~InternetChecksum.fold(sum &+ UInt64(pseudoSum) &+ UInt64(own))
        (target + checksum).storeBytes(of: complete == 0 ? 0xffff : complete, as: UInt16.self)
        return total
    }

    private static let fin: UInt8 = 0x01
    private static let psh: UInt8 = 0x08
    private static let cwr: UInt8 = 0x80

    @inline(__always)
    private func store(_ target: UnsafeMutableRawPointer, _ offset: Int, _ value: UInt16) {
        (target + offset).storeBytes(of: value.bigEndian, as: UInt16.self)
    }

    /// Behind the Ethernet header and up to two VLAN tags.
    private static func networkHeader(_ frame: Frame) -> Int? {
        var offset = 12
        for _ in 0..<3 {
            guard offset &+ 2 &+ 20 <= Int(frame.length) else { return nil }
            let type = UInt16(bigEndian: (frame.bytes + offset).loadUnaligned(as: UInt16.self))
            switch type {
            case 0x8100, 0x88a8: offset &+= 4
            case 0x0800:
                let first = frame.bytes.load(fromByteOffset: offset &+ 2, as: UInt8.self)
                let header = Int(first & 15) &* 4
                return first >> 4 == 4 && header >= 20 && offset &+ 2 &+ header <= Int(frame.offload.checksumStart)
                    ? offset &+ 2 : nil
            case 0x86dd:
                return frame.bytes.load(fromByteOffset: offset &+ 2, as: UInt8.self) >> 4 == 6 ? offset &+ 2 : nil
            default: return nil
            }
        }
        return nil
    }
}

extension FrameOffload {
    // `VIRTIO_NET_HDR_GSO_...`
    static let tcpv4: UInt8 = 1
    static let tcpv6: UInt8 = 4
    static let udpSegments: UInt8 = 5
    static let ecn: UInt8 = 0x80
}
