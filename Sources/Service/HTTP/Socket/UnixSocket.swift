import CLinux
import Glibc

/// A unix socket that is about to listen.
struct UnixSocket {
    let descriptor: Int32
    private let path: String

    init(path: String) throws(ServerError) {
        // sun_path is 108 bytes with the zero at the end
        guard !path.isEmpty, path.utf8.count < 108, !path.utf8.contains(0) else {
            throw .invalidAddress(.unix(path: path))
        }
        self.path = path
        descriptor = try Self.make()
    }

    private static func make() throws(ServerError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
        return descriptor
    }

    /// Binds with mode 0660 and listens.
    /// - Returns: device and inode of the socket file.
    func listen(backlog: Int32) throws(ServerError) -> (device: dev_t, inode: ino_t) {
        do throws(ServerError) {
            try removeStale()
            // The mode of the file comes from the socket: at no time can more users connect than in the end.
            fchmod(descriptor, 0o660)
            guard withAddress({ bind(descriptor, $0, $1) }) == 0 else {
                throw errno == EADDRINUSE
                    ? ServerError.addressInUse(.unix(path: path)) : .system(call: "bind \(path)", errno: errno)
            }
            // Adds what the umask took away.
            guard chmod(path, 0o660) == 0 else { throw ServerError.system(call: "chmod \(path)", errno: errno) }
            guard Glibc.listen(descriptor, backlog) == 0 else { throw ServerError.system(call: "listen", errno: errno) }
            var status = stat()
            guard lstat(path, &status) == 0 else { throw ServerError.system(call: "lstat \(path)", errno: errno) }
            return (status.st_dev, status.st_ino)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Removes a socket file that nobody listens on, as a crash leaves it; never another file.
    private func removeStale() throws(ServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        let probe = try Self.make()
        defer { Glibc.close(probe) }
        let result = withAddress { connect(probe, $0, $1) }
        guard result != 0, errno == ECONNREFUSED else { throw .addressInUse(.unix(path: path)) }
        guard unlink(path) == 0 else { throw .system(call: "unlink \(path)", errno: errno) }
    }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var raw = sockaddr_un()
        raw.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &raw.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafeBytes(of: &raw) { SocketAddress.call($0, body) }
    }
}
