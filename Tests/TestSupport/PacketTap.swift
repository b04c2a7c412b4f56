import CLinux
import Foundation

/// Sends and receives whole frames at an interface, for the far end of a test: an AF_PACKET socket with virtio headers,
/// read frame by frame.
public final class PacketTap: Sendable {
    /// A frame as it is on the wire, with its VLAN tag in place, and its virtio header (10 bytes, as before the tag).
    public struct Captured: Sendable, Equatable {
        public var bytes: [UInt8]
        public var header: [UInt8]

        public init(bytes: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: 10)) {
            self.bytes = bytes
            self.header = header
        }

        /// Segment size; 0 = not a GSO frame.
        public var segmentBytes: Int { Int(header[4]) | Int(header[5]) << 8 }
        public var hasPartialChecksum: Bool { header[0] & 1 != 0 }
    }

    private let descriptor: Int32

    public init(_ interface: String, in namespace: NetworkNamespace) throws {
        descriptor = try namespace.perform {
            let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
            guard descriptor >= 0 else { throw Command.Failure(description: "tap: errno \(errno)") }
            for (level, option, value) in [
                (SOL_PACKET, PACKET_VNET_HDR, 1), (SOL_PACKET, PACKET_AUXDATA, 1),
                (SOL_PACKET, PACKET_IGNORE_OUTGOING, 1),
                (SOL_SOCKET, SO_RCVBUFFORCE, Int32(64 << 20)),
            ] as [(Int32, Int32, Int32)] {
                var value = value
                guard setsockopt(descriptor, level, option, &value, 4) == 0 else {
                    throw Command.Failure(description: "tap option \(option): errno \(errno)")
                }
            }
            var membership = packet_mreq()
            membership.mr_ifindex = Int32(if_nametoindex(interface))
            membership.mr_type = UInt16(PACKET_MR_PROMISC)
            setsockopt(
                descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
                socklen_t(MemoryLayout<packet_mreq>.size))
            var address = sockaddr_ll()
            address.sll_family = UInt16(AF_PACKET)
            address.sll_protocol = clinux_ethertype_all()
            address.sll_ifindex = membership.mr_ifindex
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_ll>.size))
                }
            }
            guard bound == 0 else { throw Command.Failure(description: "tap \(interface): errno \(errno)") }
            return descriptor
        }
    }

    deinit { close(descriptor) }

    public func send(_ bytes: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: 10)) throws {
        let message = header + bytes
        guard Glibc.send(descriptor, message, message.count, 0) == message.count else {
            throw Command.Failure(description: "tap send: errno \(errno)")
        }
    }

    /// The next frame; nil when none comes in time.
    public func receive(timeoutMs: Int32 = 20_000) throws -> Captured? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, timeoutMs) == 1 else { return nil }
        if poll.revents & Int16(POLLERR) != 0 {
            // The interface has been down.
            var error: Int32 = 0
            var size = socklen_t(4)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            return try receive(timeoutMs: timeoutMs)
        }
        var buffer = [UInt8](repeating: 0, count: 10 + 70_000)
        // struct cmsghdr is 16 bytes, then struct tpacket_auxdata.
        var control = [UInt8](repeating: 0, count: 128)
        let (read, controlLength) = buffer.withUnsafeMutableBytes { buffer in
            control.withUnsafeMutableBytes { control in
                var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    let read = recvmsg(descriptor, &message, 0)
                    return (read, Int(message.msg_controllen))
                }
            }
        }
        guard read >= 10 else { throw Command.Failure(description: "tap receive: errno \(errno)") }
        var bytes = Array(buffer[10..<read])
        if controlLength >= 16 + MemoryLayout<tpacket_auxdata>.size {
            let auxiliary = control.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 16, as: tpacket_auxdata.self) }
            if auxiliary.tp_status & UInt32(TP_STATUS_VLAN_VALID) != 0 {
                let tag = [auxiliary.tp_vlan_tpid, auxiliary.tp_vlan_tci]
                bytes.insert(contentsOf: tag.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, at: 12)
            }
        }
        return Captured(bytes: bytes, header: Array(buffer[0..<10]))
    }

    /// Frames until `count` have come or none comes for `timeoutMs`.
    public func receive(count: Int, timeoutMs: Int32 = 20_000) throws -> [Captured] {
        var frames: [Captured] = []
        while frames.count < count, let frame = try receive(timeoutMs: timeoutMs) { frames.append(frame) }
        return frames
    }
}
