import CLinux
import Glibc

/// A link message of rtnetlink(7).
enum LinkMessage {
    case present(Interface)
    case removed(index: Int32)
    /// The end of a dump. `interrupted`: the table changed meanwhile, so it is to be dumped again.
    case done(interrupted: Bool)
    /// An errno.
    case failed(Int32)

    /// Hands the messages of a datagram to `body`, in order. Malformed ends are left out.
    static func parse(_ datagram: UnsafeRawBufferPointer, _ body: (LinkMessage) -> Void) {
        forEachMessage(datagram) { header, payload in
            let interrupted = Int32(header.nlmsg_flags) & NLM_F_DUMP_INTR != 0
            switch Int(header.nlmsg_type) {
            case Int(NLMSG_DONE):
                body(.done(interrupted: interrupted))
            case Int(NLMSG_ERROR):
                if payload.count >= 4 { body(.failed(-payload.loadUnaligned(as: Int32.self))) }
            case RTM_NEWLINK:
                if let interface = interface(payload) { body(.present(interface)) }
            case RTM_DELLINK:
                // AF_BRIDGE: a port leaves a Linux bridge; the interface stays.
                if payload.count >= MemoryLayout<ifinfomsg>.size, payload[0] == UInt8(AF_UNSPEC) {
                    body(.removed(index: payload.loadUnaligned(as: ifinfomsg.self).ifi_index))
                }
            default: break
            }
        }
    }

    /// Headers, and what stands behind them.
    static func forEachMessage(_ datagram: UnsafeRawBufferPointer, _ body: (nlmsghdr, UnsafeRawBufferPointer) -> Void) {
        let headerBytes = MemoryLayout<nlmsghdr>.size
        var offset = 0
        while offset + headerBytes <= datagram.count {
            let header = datagram.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
            let length = Int(header.nlmsg_len)
            guard length >= headerBytes, offset + length <= datagram.count else { return }
            body(header, UnsafeRawBufferPointer(rebasing: datagram[offset + headerBytes..<offset + length]))
            offset += (length + 3) & ~3
        }
    }

    private static func interface(_ payload: UnsafeRawBufferPointer) -> Interface? {
        let infoBytes = MemoryLayout<ifinfomsg>.size
        guard payload.count >= infoBytes else { return nil }
        let info = payload.loadUnaligned(as: ifinfomsg.self)
        guard info.ifi_family == UInt8(AF_UNSPEC) else { return nil }
        var name: String?
        var mtu = 0
        var address: [UInt8] = []
        var kind: String?
        attributes(UnsafeRawBufferPointer(rebasing: payload[infoBytes...])) { type, value in
            switch type {
            case Int(IFLA_IFNAME): name = text(value)
            case Int(IFLA_MTU): if value.count >= 4 { mtu = Int(value.loadUnaligned(as: UInt32.self)) }
            case Int(IFLA_ADDRESS): address = Array(value)
            case Int(IFLA_LINKINFO): attributes(value) { if $0 == Int(IFLA_INFO_KIND) { kind = text($1) } }
            default: break
            }
        }
        guard let name else { return nil }
        // IFF_LOWER_UP of <linux/if.h>, which <net/if.h> lacks.
        return Interface(
            index: info.ifi_index, name: name, isUp: info.ifi_flags & UInt32(IFF_UP) != 0,
            hasCarrier: info.ifi_flags & 1 << 16 != 0, mtu: mtu, address: address, hardwareType: info.ifi_type,
            kind: kind)
    }

    static func attributes(_ bytes: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer) -> Void) {
        var offset = 0
        while offset + 4 <= bytes.count {
            let header = bytes.loadUnaligned(fromByteOffset: offset, as: rtattr.self)
            let length = Int(header.rta_len)
            guard length >= 4, offset + length <= bytes.count else { return }
            body(
                Int(header.rta_type) & typeMask,
                UnsafeRawBufferPointer(rebasing: bytes[offset + 4..<offset + length]))
            offset += (length + 3) & ~3
        }
    }

    /// NLA_F_NESTED and NLA_F_NET_BYTEORDER are the upper two bits of a type.
    private static let typeMask = 0x3fff

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}
