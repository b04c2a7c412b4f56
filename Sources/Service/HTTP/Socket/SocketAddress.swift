import Glibc

/// Numeric addresses of TCP over IPv4 and IPv6, and what the kernel calls them.
enum SocketAddress: Equatable {
    case v4(address: in_addr_t, port: UInt16)
    case v6(address: [UInt8], port: UInt16)

    /// A numeric address without brackets.
    init?(host: String, port: UInt16) {
        var v4 = in_addr()
        if inet_pton(AF_INET, host, &v4) == 1 {
            self = .v4(address: v4.s_addr, port: port)
            return
        }
        var v6 = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, host, &v6) == 1 else { return nil }
        self = .v6(address: v6, port: port)
    }

    /// What accept4 and getsockname fill in; nil for other families.
    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            self = withUnsafeBytes(of: storage) {
                let address = $0.loadUnaligned(as: sockaddr_in.self)
                return .v4(address: address.sin_addr.s_addr, port: UInt16(bigEndian: address.sin_port))
            }
        case AF_INET6:
            self = withUnsafeBytes(of: storage) {
                let address = $0.loadUnaligned(as: sockaddr_in6.self)
                let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
                return .v6(address: bytes, port: UInt16(bigEndian: address.sin6_port))
            }
        default: return nil
        }
    }

    var family: Int32 {
        switch self {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }

    var isLoopback: Bool {
        switch self {
        case .v4(let address, _): UInt32(bigEndian: address) >> 24 == 127
        case .v6(let address, _): address == [UInt8](repeating: 0, count: 15) + [1]
        }
    }

    var port: Int {
        switch self {
        case .v4(_, let port), .v6(_, let port): Int(port)
        }
    }

    /// Without brackets.
    var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        switch self {
        case .v4(let address, _):
            var raw = in_addr(s_addr: address)
            inet_ntop(AF_INET, &raw, &text, socklen_t(text.count))
        case .v6(let address, _):
            inet_ntop(AF_INET6, address, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch self {
        case .v4(let address, let port):
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            raw.sin_addr = in_addr(s_addr: address)
            return withUnsafeBytes(of: &raw) { Self.call($0, body) }
        case .v6(let address, let port):
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &raw.sin6_addr) { $0.copyBytes(from: address) }
            return withUnsafeBytes(of: &raw) { Self.call($0, body) }
        }
    }

    static func call<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
}
