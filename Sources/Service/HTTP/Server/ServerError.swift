import Foundation

/// Why a server can't start.
public enum ServerError: Error, Equatable, CustomStringConvertible {
    case notLoopback(ListenAddress)
    case invalidAddress(ListenAddress)
    case addressInUse(ListenAddress)
    /// The path of a unix socket names a file that is something else.
    case notASocket(String)
    case tls(String)
    case system(call: String, errno: Int32)
    case alreadyStarted

    public var description: String {
        switch self {
        case .notLoopback(let address): "\(address): only loopback addresses and unix sockets are served"
        case .invalidAddress(let address): "\(address): not an address to listen on"
        case .addressInUse(let address): "\(address): in use by another process"
        case .notASocket(let path): "\(path): exists and is not a socket"
        case .tls(let reason): "TLS: \(reason)"
        case .system(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .alreadyStarted: "the server was started before"
        }
    }
}
