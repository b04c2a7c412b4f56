import CLinux
import Glibc

/// An AF_PACKET socket of one interface. The caller closes it.
struct PacketSocket: BitwiseCopyable {
    let descriptor: Int32

    /// Bound to nothing yet: it takes nothing in.
    static func open(interface: String) throws(PortError) -> PacketSocket {
        let descriptor = socket(
            AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .failed("socket(AF_PACKET)", interface: interface, errno: errno) }
        return PacketSocket(descriptor: descriptor)
    }

    /// `receiving`: every protocol; else it only sends.
    func bind(index: Int32, receiving: Bool, interface: String) throws(PortError) {
        var address = sockaddr_ll()
        address.sll_family = UInt16(AF_PACKET)
        address.sll_protocol = receiving ? clinux_ethertype_all() : 0
        address.sll_ifindex = index
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_ll>.size))
            }
        }
        guard result == 0 else { throw .failed("bind", interface: interface, errno: errno) }
    }

    func set<Value: BitwiseCopyable>(
        _ option: Int32, _ value: Value, level: Int32 = SOL_PACKET, called name: String, interface: String
    ) throws(PortError) {
        var value = value
        guard setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Value>.size)) == 0 else {
            throw .failed("setsockopt(\(name))", interface: interface, errno: errno)
        }
    }

    /// The buffer's size in bytes; past the system's limit where the process may (CAP_NET_ADMIN).
    func setBuffer(_ option: Int32, forced: Int32, bytes: Int) {
        var value = Int32(clamping: bytes)
        let size = socklen_t(MemoryLayout<Int32>.size)
        if setsockopt(descriptor, SOL_SOCKET, forced, &value, size) != 0 {
            _ = setsockopt(descriptor, SOL_SOCKET, option, &value, size)
        }
    }

    /// Frames that found no room since the last call: the kernel clears its counters on reading.
    func takeDrops() -> Int {
        var statistics = tpacket_stats()
        var size = socklen_t(MemoryLayout<tpacket_stats>.size)
        guard getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0 else { return 0 }
        return Int(statistics.tp_drops)
    }

    /// The pending error, 0 if there is none. Reading clears it.
    @discardableResult
    func takeError() -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &value, &size) == 0 ? value : errno
    }

    /// The interface's state. A socket whose interface left its namespace is bound to index -1 for good, even when the
    /// interface comes back.
    func linkState() -> LinkState {
        var address = sockaddr_ll()
        var size = socklen_t(MemoryLayout<sockaddr_ll>.size)
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard named == 0, address.sll_ifindex > 0 else { return .gone }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IFNAMSIZ)) { name in
            guard clinux_interface_name(descriptor, address.sll_ifindex, name.baseAddress) == 0 else { return .gone }
            let flags = clinux_interface_flags(descriptor, name.baseAddress)
            guard flags >= 0 else { return .gone }
            guard flags & Int32(IFF_UP) != 0 else { return .down }
            let carrier = clinux_interface_carrier(descriptor, name.baseAddress)
            return carrier > 0 || carrier < 0 && flags & Int32(IFF_RUNNING) != 0 ? .up : .down
        }
    }

    func close() { _ = Glibc.close(descriptor) }
}
