import Glibc

/// A connected stream socket. Blocking.
struct Connection {
    private let descriptor: Int32

    init(to endpoint: Endpoint) throws(Failure) {
        switch endpoint {
        case .unix(let path): descriptor = try Self.connectUnix(path)
        case .tcp(let host, let port): descriptor = try Self.connectTCP(host, port)
        }
    }

    func close() { Glibc.close(descriptor) }

    /// Whether bytes were left unsent, because the peer takes no more.
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                return true
            }
            sent += count
        }
        return false
    }

    /// What the peer sends next; empty when it has closed.
    func read() throws(Failure) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count >= 0 { return Array(chunk[..<count]) }
            if errno == ECONNRESET { return [] }
            if errno != EINTR { throw .system("reading the service's reply", .failed) }
        }
    }

    /// Until there is something to read. False: nobody reads from the pipe that `output` is any more.
    func waitToRead(watching output: Int32) -> Bool {
        var descriptors = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: output, events: 0, revents: 0),
        ]
        while poll(&descriptors, 2, -1) < 0 && errno == EINTR {}
        return descriptors[1].revents & Int16(POLLERR) == 0
    }

    /// All that the peer sends until it closes.
    func readAll() throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let part = try read(), !part.isEmpty { bytes += part }
        return bytes
    }

    private static func connectUnix(_ path: String) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw .badUsage("\(path): longer than a socket's path may be") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", .failed) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            defer { Glibc.close(descriptor) }
            throw .system("no service at \(path)", .failed)
        }
        return descriptor
    }

    private static func connectTCP(_ host: String, _ port: UInt16) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw .badUsage("\(host): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(list) }
        var next = list
        while let info = next?.pointee {
            let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
            if descriptor >= 0 {
                if connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return descriptor }
                let error = errno
                Glibc.close(descriptor)
                errno = error
            }
            next = info.ai_next
        }
        throw .system("no service at \(host):\(port)", .failed)
    }
}
