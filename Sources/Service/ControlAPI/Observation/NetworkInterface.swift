import Foundation

/// An interface of the network namespace that the service runs in.
struct NetworkInterface {
    var name: String
    var index: Int
    /// Six bytes; nil where it has no Ethernet address.
    var address: [UInt8]?
    /// Bytes.
    var mtu: Int
    var isUp: Bool
    var isRunning: Bool

    /// By name.
    static func all() -> [NetworkInterface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var found: [NetworkInterface] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            // One for each interface is of AF_PACKET and has the hardware address.
            guard let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_PACKET) else { continue }
            let name = String(cString: entry.ifa_name)
            let flags = Int32(bitPattern: entry.ifa_flags)
            found.append(
                NetworkInterface(
                    name: name, index: Int(if_nametoindex(name)), address: linkAddress(UnsafeRawPointer(address)),
                    mtu: mtu(name), isUp: flags & Int32(IFF_UP) != 0, isRunning: flags & Int32(IFF_RUNNING) != 0))
        }
        return found.sorted { $0.name < $1.name }
    }

    /// `struct sockaddr_ll`, <linux/if_packet.h>: the length of the address is at 11, the address from 12 on.
    private static func linkAddress(_ address: UnsafeRawPointer) -> [UInt8]? {
        guard address.load(fromByteOffset: 11, as: UInt8.self) == 6 else { return nil }
        return Array(UnsafeRawBufferPointer(start: address + 12, count: 6))
    }

    private static func mtu(_ name: String) -> Int {
        guard let text = try? String(contentsOfFile: "/sys/class/net/\(name)/mtu", encoding: .utf8) else { return 0 }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
}
