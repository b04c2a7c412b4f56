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

    /// Sets up a ring of TPACKET_V2 slots with virtio headers and maps it; `slots` becomes what its pages hold.
    func mapRing(
        _ option: Int32, called name: String, slots: Int, stride: Int, interface: String
    ) throws(PortError) -> (base: UnsafeMutableRawPointer, slots: Int, bytes: Int) {
        try set(PACKET_VERSION, Int32(TPACKET_V2.rawValue), called: "PACKET_VERSION", interface: interface)
        try set(PACKET_VNET_HDR, Int32(1), called: "PACKET_VNET_HDR", interface: interface)
        // One block of slots, in whole pages: a slot must not cross a block, and there is none to cross.
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let bytes = (slots * stride + page - 1) / page * page
        var request = tpacket_req()
        request.tp_block_size = UInt32(bytes)
        request.tp_block_nr = 1
        request.tp_frame_size = UInt32(stride)
        request.tp_frame_nr = UInt32(bytes / stride)
        try set(option, request, called: name, interface: interface)
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else { throw .failed("mmap", interface: interface, errno: errno) }
        return (memory, bytes / stride, bytes)
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
    /// interface comes back. Waits for the kernel's configuration lock.
    func linkState() -> LinkState {
        withInterfaceName { name in
            let flags = clinux_interface_flags(descriptor, name)
            guard flags >= 0 else { return .gone }
            guard flags & Int32(IFF_UP) != 0 else { return .down }
            let carrier = clinux_interface_carrier(descriptor, name)
            return carrier > 0 || carrier < 0 && flags & Int32(IFF_RUNNING) != 0 ? .up : .down
        } ?? .gone
    }

    /// The interface's MTU; negative when it is gone.
    func mtu() -> Int32 {
        withInterfaceName { clinux_interface_mtu(descriptor, $0) } ?? -ENODEV
    }

    /// The name that the interface has now; nil when it is gone.
    private func withInterfaceName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result? {
        var address = sockaddr_ll()
        var size = socklen_t(MemoryLayout<sockaddr_ll>.size)
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard named == 0, address.sll_ifindex > 0 else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IFNAMSIZ)) { name in
            guard clinux_interface_name(descriptor, address.sll_ifindex, name.baseAddress) == 0 else { return nil }
            return body(UnsafePointer(name.baseAddress!))
        }
    }

    func close() { _ = Glibc.close(descriptor) }
}
