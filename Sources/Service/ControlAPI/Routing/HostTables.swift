import CLinux
import Engine
import Foundation
import PacketIO

/// The routes, neighbours and interfaces of the network namespace that the service runs in, by rtnetlink(7). Policy rules
/// are not read: the tables local, main and default are looked in, one after another.
enum HostTables {
    static func read() throws(PortError) -> FIBTable.Contents {
        var contents = FIBTable.Contents()
        let addresses = Dictionary(
            grouping: try NetlinkTable.entries(RTM_GETADDR) { address($0) }, by: { $0.ifindex })
        contents.interfaces = try Interface.list().filter { $0.address.count == 6 }.map { link in
            let ifindex = UInt32(bitPattern: link.index)
            return FIBInterface(
                ifindex, mac: link.address, mtu: UInt32(clamping: link.mtu), forwardsIPv4: forwards("ipv4", link.name),
                forwardsIPv6: forwards("ipv6", link.name), addresses: addresses[ifindex]?.map { $0.address } ?? [])
        }
        contents.routes = try NetlinkTable.entries(RTM_GETROUTE) { route($0) }
        contents.neighbours = try NetlinkTable.entries(RTM_GETNEIGH) { neighbour($0) }
        return contents
    }

    private static func forwards(_ family: String, _ interface: String) -> Bool {
        let text = try? String(contentsOfFile: "/proc/sys/net/\(family)/conf/\(interface)/forwarding", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) == "1"
    }

    private static func inet(_ bytes: UnsafeRawBufferPointer?) -> FIBAddress? { bytes.flatMap { FIBAddress($0) } }

    /// `struct ifaddrmsg`, <linux/if_addr.h>
    private static func address(_ payload: UnsafeRawBufferPointer) -> (ifindex: UInt32, address: FIBAddress)? {
        guard payload.count >= MemoryLayout<ifaddrmsg>.size else { return nil }
        let header = payload.loadUnaligned(as: ifaddrmsg.self)
        let attributes = NetlinkAttributes(payload, from: MemoryLayout<ifaddrmsg>.size)
        return (inet(attributes[Int(IFA_LOCAL)]) ?? inet(attributes[Int(IFA_ADDRESS)])).map {
            (header.ifa_index, $0)
        }
    }

    /// `struct ndmsg`, <linux/neighbour.h>
    private static func neighbour(_ payload: UnsafeRawBufferPointer) -> FIBNeighbour? {
        guard payload.count >= MemoryLayout<ndmsg>.size else { return nil }
        let header = payload.loadUnaligned(as: ndmsg.self)
        let attributes = NetlinkAttributes(payload, from: MemoryLayout<ndmsg>.size)
        let valid = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY
        guard Int32(header.ndm_state) & valid != 0, let address = inet(attributes[Int(NDA_DST)]),
            let mac = attributes[Int(NDA_LLADDR)], mac.count == 6
        else { return nil }
        return FIBNeighbour(address, ifindex: UInt32(bitPattern: header.ndm_ifindex), mac: Array(mac))
    }

    /// `struct rtmsg`, <linux/rtnetlink.h>. Of several next hops the first one is taken.
    private static func route(_ payload: UnsafeRawBufferPointer) -> FIBRoute? {
        guard payload.count >= MemoryLayout<rtmsg>.size else { return nil }
        let header = payload.loadUnaligned(as: rtmsg.self)
        guard let family = FIBAddress.Family(rawValue: header.rtm_family), let kind = kind(header.rtm_type),
            header.rtm_flags & UInt32(RTM_F_CLONED | RTNH_F_DEAD) == 0
        else { return nil }
        let attributes = NetlinkAttributes(payload, from: MemoryLayout<rtmsg>.size)
        func value(_ type: rtattr_type_t) -> Int { Int(type.rawValue) }
        let zero = [UInt8](repeating: 0, count: family == .ipv4 ? 4 : 16)
        guard let prefix = inet(attributes[value(RTA_DST)]) ?? FIBAddress(zero), prefix.family == family else {
            return nil
        }
        let hop = nextHop(attributes)
        return FIBRoute(
            prefix, length: Int(header.rtm_dst_len),
            table: attributes.u32(value(RTA_TABLE)) ?? UInt32(header.rtm_table), kind: kind,
            metric: attributes.u32(value(RTA_PRIORITY)) ?? 0, gateway: gateway(hop.attributes),
            ifindex: hop.ifindex, mtu: mtu(attributes[value(RTA_METRICS)], family),
            source: inet(attributes[value(RTA_PREFSRC)]), encapsulates: hop.attributes[value(RTA_ENCAP)] != nil)
    }

    /// `RTN_*`; nil for types that have no meaning here.
    private static func kind(_ type: UInt8) -> FIBRoute.Kind? {
        switch Int(type) {
        case RTN_UNICAST: .unicast
        case RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST: .local
        case RTN_BLACKHOLE: .blackhole
        case RTN_UNREACHABLE: .unreachable
        case RTN_PROHIBIT: .prohibit
        case RTN_THROW: .throw
        default: nil
        }
    }

    private static func nextHop(_ attributes: NetlinkAttributes) -> (ifindex: UInt32, attributes: NetlinkAttributes) {
        guard let hops = attributes[Int(RTA_MULTIPATH.rawValue)], hops.count >= MemoryLayout<rtnexthop>.size else {
            return (attributes.u32(Int(RTA_OIF.rawValue)) ?? 0, attributes)
        }
        let first = hops.loadUnaligned(as: rtnexthop.self)
        let end = min(max(Int(first.rtnh_len), MemoryLayout<rtnexthop>.size), hops.count)
        return (
            UInt32(bitPattern: first.rtnh_ifindex),
            NetlinkAttributes(UnsafeRawBufferPointer(rebasing: hops[..<end]), from: MemoryLayout<rtnexthop>.size)
        )
    }

    /// `struct rtvia` is the family and the address.
    private static func gateway(_ attributes: NetlinkAttributes) -> FIBAddress? {
        inet(attributes[Int(RTA_GATEWAY.rawValue)])
            ?? attributes[Int(RTA_VIA.rawValue)].flatMap { via in
                via.count > 2 ? inet(UnsafeRawBufferPointer(rebasing: via[2...])) : nil
            }
    }

    private static func mtu(_ bytes: UnsafeRawBufferPointer?, _ family: FIBAddress.Family) -> UInt32 {
        guard let bytes else { return 0 }
        let metrics = NetlinkAttributes(bytes, from: 0)
        let isLocked = (metrics.u32(Int(RTAX_LOCK)) ?? 0) & 1 << UInt32(RTAX_MTU) != 0
        return isLocked || family == .ipv6 ? metrics.u32(Int(RTAX_MTU)) ?? 0 : 0
    }
}
