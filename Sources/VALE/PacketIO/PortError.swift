import Glibc

/// Why a port could not be opened.
public enum PortError: Error, Equatable, CustomStringConvertible {
    /// No interface of that name in the current network namespace.
    case noSuchInterface(String)
    /// The link layer is not Ethernet (`ARPHRD_...` of <linux/if_arp.h>).
    case notEthernet(interface: String, hardwareType: Int32)
    /// CAP_NET_RAW or CAP_NET_ADMIN is missing.
    case notPermitted(interface: String, call: String)
    /// An option outside its range.
    case badOption(String)
    /// A system call failed.
    case system(interface: String, call: String, errno: Int32)

    public var description: String {
        switch self {
        case .noSuchInterface(let name): "interface \(name): no such interface"
        case .notEthernet(let name, let type): "interface \(name): not an Ethernet interface (hardware type \(type))"
        case .notPermitted(let name, let call): "interface \(name): \(call): not permitted (CAP_NET_RAW is needed)"
        case .badOption(let what): what
        case .system(let name, let call, let errno): "interface \(name): \(call): \(String(cString: strerror(errno)))"
        }
    }

    static func failed(_ call: String, interface: String, errno: Int32) -> PortError {
        switch errno {
        case EPERM, EACCES: .notPermitted(interface: interface, call: call)
        case ENODEV, ENXIO: .noSuchInterface(interface)
        default: .system(interface: interface, call: call, errno: errno)
        }
    }
}
