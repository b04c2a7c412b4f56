import CLinux
import Glibc

/// A listening socket. Owned by the event loop once the server runs.
final class Listener {
    let descriptor: Int32
    /// With the port that the kernel chose.
    let address: ListenAddress
    let tls: TLSContext?
    /// Device and inode of the socket file, so that another process's is not removed.
    private let file: (device: dev_t, inode: ino_t)?
    private var isOpen = true

    private init(
        descriptor: Int32, address: ListenAddress, tls: TLSContext?, file: (device: dev_t, inode: ino_t)? = nil
    ) {
        self.descriptor = descriptor
        self.address = address
        self.tls = tls
        self.file = file
    }

    deinit {
        close()
    }

    /// Listens on every address that `address` stands for: `localhost` is one of each family, of which IPv6 may lack.
    static func open(_ address: ListenAddress, tls: TLSContext?, backlog: Int32) throws(ServerError) -> [Listener] {
        switch address {
        case .unix(let path):
            return [try openUnix(path, tls: tls, backlog: backlog)]
        case .tcp(let host, let port):
            guard let number = UInt16(exactly: port) else { throw .invalidAddress(address) }
            guard host.lowercased() == "localhost" else {
                guard let numeric = SocketAddress(host: host, port: number) else { throw .invalidAddress(address) }
                return [try openTCP(numeric, as: address, tls: tls, backlog: backlog)]
            }
            let v4 = try openTCP(
                SocketAddress(host: "127.0.0.1", port: number)!, as: address, tls: tls, backlog: backlog)
            guard case .tcp(_, let chosen) = v4.address,
                let v6 = SocketAddress(host: "::1", port: UInt16(truncatingIfNeeded: chosen))
            else { return [v4] }
            do {
                return [v4, try openTCP(v6, as: address, tls: tls, backlog: backlog)]
            } catch .system {
                return [v4]
            }
        }
    }

    private static func openTCP(
        _ socketAddress: SocketAddress, as address: ListenAddress, tls: TLSContext?, backlog: Int32
    ) throws(ServerError) -> Listener {
        guard socketAddress.isLoopback else { throw .notLoopback(address) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(socketAddress.family, type, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        if socketAddress.family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, 4) }
        // Accepted sockets inherit it.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        guard socketAddress.withSockaddr({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            if code == EADDRINUSE { throw .addressInUse(address) }
            throw .system(call: "bind", errno: code)
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        _ = withUnsafeMutableBytes(of: &storage) {
            getsockname(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        let bound = SocketAddress(storage) ?? socketAddress
        return Listener(descriptor: descriptor, address: .tcp(host: bound.host, port: bound.port), tls: tls)
    }

    private static func openUnix(_ path: String, tls: TLSContext?, backlog: Int32) throws(ServerError) -> Listener {
        let socket = try UnixSocket(path: path)
        let file = try socket.listen(backlog: backlog)
        return Listener(descriptor: socket.descriptor, address: .unix(path: path), tls: tls, file: file)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        if case .unix(let path) = address, let file {
            var status = stat()
            if lstat(path, &status) == 0, status.st_dev == file.device, status.st_ino == file.inode { unlink(path) }
        }
        Glibc.close(descriptor)
    }
}
