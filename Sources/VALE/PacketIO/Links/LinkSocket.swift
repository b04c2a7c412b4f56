import CLinux
import Glibc

/// A NETLINK_ROUTE socket for links, of the calling thread's network namespace. The caller closes it.
struct LinkSocket: BitwiseCopyable {
    let descriptor: Int32

    /// A link of a dump with many virtual functions takes tens of KiB; the kernel sends 32 KiB at once where it can.
    private static let bufferBytes = 256 << 10

    /// Gets the kernel's messages about changes (RTMGRP_LINK) and doesn't block.
    static func listening(receiveBytes: Int) throws(PortError) -> LinkSocket {
        let link = try open(SOCK_NONBLOCK.rawValue)
        var size = Int32(clamping: receiveBytes)
        if setsockopt(link.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, 4) != 0 {
            _ = setsockopt(link.descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var address = sockaddr_nl()
        address.nl_family = UInt16(AF_NETLINK)
        address.nl_groups = UInt32(RTMGRP_LINK)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(link.descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else {
            let error = errno
            link.close()
            throw .failed("bind(RTMGRP_LINK)", interface: "any", errno: error)
        }
        return link
    }

    /// For dumps alone: a dump on a socket that also listens can lose its answer to an overrun.
    static func asking() throws(PortError) -> LinkSocket {
        let link = try open(0)
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        _ = setsockopt(
            link.descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        return link
    }

    private static func open(_ flags: UInt32) throws(PortError) -> LinkSocket {
        let descriptor = socket(
            AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | flags), NETLINK_ROUTE)
        guard descriptor >= 0 else { throw .failed("socket(AF_NETLINK)", interface: "any", errno: errno) }
        return LinkSocket(descriptor: descriptor)
    }

    func close() { _ = Glibc.close(descriptor) }

    /// Asks for every link and hands them on.
    func dump(_ body: (LinkMessage) -> Void) throws(PortError) {
        var request = (header: nlmsghdr(), link: ifinfomsg())
        request.header.nlmsg_len = UInt32(MemoryLayout.size(ofValue: request))
        request.header.nlmsg_type = UInt16(RTM_GETLINK)
        request.header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_DUMP)
        let sent = withUnsafeBytes(of: &request) { send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent > 0 else { throw .failed("RTM_GETLINK", interface: "any", errno: errno) }
        var outcome: LinkMessage?
        while outcome == nil {
            try receive { message in
                switch message {
                case .done, .failed: outcome = message
                default: body(message)
                }
            }
        }
        switch outcome {
        case .done(interrupted: true): try dump(body)
        case .failed(let error): throw .failed("RTM_GETLINK", interface: "any", errno: error)
        default: break
        }
    }

    /// Hands on the messages of one datagram. ENOBUFS, thrown: messages were lost.
    func receive(_ body: (LinkMessage) -> Void) throws(PortError) {
        try receiveDatagram { LinkMessage.parse($0, body) }
    }

    /// The same of the datagram itself.
    func receiveDatagram(_ body: (UnsafeRawBufferPointer) -> Void) throws(PortError) {
        let failure: Int32 = withUnsafeTemporaryAllocation(byteCount: Self.bufferBytes, alignment: 8) { buffer in
            var read: Int
            repeat {
                read = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            } while read < 0 && errno == EINTR
            guard read > 0 else { return read < 0 ? errno : EPIPE }
            body(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
            return 0
        }
        guard failure == 0 else { throw .system(interface: "any", call: "recv(netlink)", errno: failure) }
    }
}
