import CLinux
import Glibc

/// Tables of the kernel as rtnetlink(7) tells them: routes, neighbours, addresses. Of the calling thread's network
/// namespace.
public enum NetlinkTable {
    /// A table that changes while it is told is asked for so often.
    private static let attempts = 5

    /// Every entry of a table that `parse` makes something of.
    ///
    /// - Parameters:
    ///   - request: `RTM_GETROUTE`, `RTM_GETNEIGH`, `RTM_GETADDR`, <linux/rtnetlink.h>.
    ///   - parse: of what stands behind a message's header.
    /// - Throws: what the system call says; EAGAIN where the table changed all the time.
    public static func entries<Entry>(
        _ request: Int, _ parse: (UnsafeRawBufferPointer) -> Entry?
    ) throws(PortError) -> [Entry] {
        let link = try LinkSocket.asking()
        defer { link.close() }
        for _ in 0..<attempts {
            var found: [Entry] = []
            let isWhole = try link.dump(UInt16(request)) { payload in
                if let entry = parse(payload) { found.append(entry) }
            }
            if isWhole { return found }
        }
        throw .failed("rtnetlink dump \(request)", interface: "any", errno: EAGAIN)
    }
}

extension LinkSocket {
    /// Asks for a table and hands on what stands behind each message's header. False: it changed meanwhile.
    func dump(_ request: UInt16, _ body: (UnsafeRawBufferPointer) -> Void) throws(PortError) -> Bool {
        // Any family. `struct rtmsg` is as long as others of its kind, or longer.
        var message = (header: nlmsghdr(), body: rtmsg())
        message.header.nlmsg_len = UInt32(MemoryLayout.size(ofValue: message))
        message.header.nlmsg_type = request
        message.header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_DUMP)
        let sent = withUnsafeBytes(of: &message) { send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent > 0 else { throw .failed("rtnetlink dump \(request)", interface: "any", errno: errno) }
        var isWhole = true
        var failure: Int32?
        while failure == nil {
            try receiveDatagram { datagram in
                LinkMessage.forEachMessage(datagram) { header, payload in
                    if Int32(header.nlmsg_flags) & NLM_F_DUMP_INTR != 0 { isWhole = false }
                    switch Int32(header.nlmsg_type) {
                    case NLMSG_DONE: failure = 0
                    case NLMSG_ERROR: failure = payload.count >= 4 ? -payload.loadUnaligned(as: Int32.self) : EPROTO
                    default: body(payload)
                    }
                }
            }
        }
        if let failure, failure != 0 { throw .failed("rtnetlink dump \(request)", interface: "any", errno: failure) }
        return isWhole
    }
}

/// Attributes of an rtnetlink message, by type.
public struct NetlinkAttributes {
    private let bytes: UnsafeRawBufferPointer

    /// - Parameter offset: of the first one in the payload.
    public init(_ payload: UnsafeRawBufferPointer, from offset: Int) {
        bytes = UnsafeRawBufferPointer(rebasing: payload[min(offset, payload.count)...])
    }

    public subscript(type: Int) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        LinkMessage.attributes(bytes) { if $0 == type { found = $1 } }
        return found
    }

    public func u32(_ type: Int) -> UInt32? {
        self[type].flatMap { $0.count >= 4 ? $0.loadUnaligned(as: UInt32.self) : nil }
    }
}
