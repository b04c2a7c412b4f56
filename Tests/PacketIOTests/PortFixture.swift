import Glibc
import PacketIO
import TestSupport

/// A port on `p0` of a namespace, and a tap on `eth0` of a host's namespace at the other end of the cable.
final class PortFixture {
    let inside: NetworkNamespace
    let outside: NetworkNamespace
    let port: AFPacketPort
    let tap: PacketTap
    let burst = Burst()

    var io: PortIO { .afPacket(port) }

    init(options: AFPacketOptions = AFPacketOptions(), mtu: Int = 1500) throws {
        let inside = try NetworkNamespace()
        self.inside = inside
        outside = try NetworkNamespace()
        try inside.addVeth(
            "p0", peer: outside, "eth0", address: "02:00:00:00:00:a0", peerAddress: "02:00:00:00:00:01")
        if mtu != 1500 {
            try inside.ip("link", "set", "p0", "mtu", "\(mtu)")
            try outside.ip("link", "set", "eth0", "mtu", "\(mtu)")
        }
        port = try Self.open("p0", in: inside, options: options)
        tap = try PacketTap("eth0", in: outside)
    }

    deinit { port.close() }

    static func open(
        _ interface: String, in namespace: NetworkNamespace, options: AFPacketOptions = AFPacketOptions()
    ) throws -> AFPacketPort {
        try namespace.perform { try AFPacketPort.open(interface: interface, options: options) }
    }

    /// Frames until `count` have come or none comes for `timeoutMs`.
    func receive(count: Int, timeoutMs: Int32 = 20_000) -> [(bytes: [UInt8], offload: FrameOffload)] {
        var frames: [(bytes: [UInt8], offload: FrameOffload)] = []
        while frames.count < count {
            let received = burst.receive(from: io)
            frames += received
            var poll = pollfd(fd: io.descriptor, events: Int16(POLLIN), revents: 0)
            if received.isEmpty && Glibc.poll(&poll, 1, timeoutMs) != 1 { break }
        }
        return frames
    }
}

/// Frames for tests.
enum Sample {
    static let addresses: [UInt8] = [2, 0, 0, 0, 0, 0xb0, 2, 0, 0, 0, 0, 1]

    /// Of `length` bytes, with tags of (TPID, TCI) behind the addresses, of an experimental Ethertype.
    static func frame(_ length: Int, tags: [(UInt16, UInt16)] = [], seed: Int = 1) -> [UInt8] {
        var bytes = addresses
        for (tpid, tci) in tags {
            bytes += [UInt8(tpid >> 8), UInt8(tpid & 255), UInt8(tci >> 8), UInt8(tci & 255)]
        }
        bytes += [0x88, 0xb5]
        while bytes.count < length { bytes.append(UInt8(truncatingIfNeeded: bytes.count &* 31 &+ seed)) }
        return bytes
    }

    /// A TCP segment over IPv4 or IPv6 of `payload` bytes whose TCP checksum is partial, as a host's stack hands it to
    /// a device that segments; and its offset of the TCP header.
    static func tcp(
        payload: Int, ipv6: Bool = false, tags: [(UInt16, UInt16)] = []
    ) -> (bytes: [UInt8], tcpOffset: Int) {
        var bytes = addresses
        for (tpid, tci) in tags {
            bytes += [UInt8(tpid >> 8), UInt8(tpid & 255), UInt8(tci >> 8), UInt8(tci & 255)]
        }
        let segment = 20 + payload
        var pseudo: [UInt8]
        if ipv6 {
            let source: [UInt8] = [0xfd] + [UInt8](repeating: 0, count: 14) + [1]
            let destination: [UInt8] = [0xfd] + [UInt8](repeating: 0, count: 14) + [2]
            bytes += [0x86, 0xdd, 0x60, 0, 0, 0] + big16(segment) + [6, 64] + source + destination
            pseudo = source + destination
        } else {
            let source: [UInt8] = [10, 0, 0, 1]
            let destination: [UInt8] = [10, 0, 0, 2]
            var ip: [UInt8] = [0x45, 0] + big16(20 + segment) + [0, 1, 0x40, 0, 64, 6, 0, 0] + source + destination
            ip.replaceSubrange(10..<12, with: big16(~sum(ip) & 0xffff))
            bytes += [8, 0] + ip
            pseudo = source + destination
        }
        pseudo += [0, 6] + big16(segment)
        let tcpOffset = bytes.count
        bytes += [0x30, 0x39, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff]
        // A partial checksum is the sum over the pseudo header.
        bytes += big16(sum(pseudo)) + [0, 0]
        for i in 0..<payload { bytes.append(UInt8(truncatingIfNeeded: i &* 7 &+ i >> 8)) }
        return (bytes, tcpOffset)
    }

    static func big16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

    /// The ones' complement sum of RFC 1071.
    static func sum(_ bytes: some Sequence<UInt8>) -> Int {
        var sum = 0
        for (index, byte) in bytes.enumerated() { sum += index & 1 == 0 ? Int(byte) << 8 : Int(byte) }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return sum
    }
}
