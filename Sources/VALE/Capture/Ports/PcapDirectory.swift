import Glibc

/// The folder that pcap ports read and write files of, by plain names.
public struct PcapDirectory: Hashable, Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// Whether it may be the name of a file: neither hidden nor in a folder.
    public static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && !name.hasPrefix(".") && !name.utf8.contains(UInt8(ascii: "/"))
            && !name.utf8.contains(0)
    }

    enum Access { case read, write }

    /// A regular file, which is emptied or made to be written.
    func open(_ name: String, for access: Access) throws(CaptureError) -> UnsafeMutablePointer<FILE> {
        guard Self.isName(name) else { throw CaptureError("\(name): not a plain file name") }
        // O_NONBLOCK: nobody waits for the other end of a pipe.
        let common = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = path + "/" + name
        let descriptor =
            access == .read ? Glibc.open(file, O_RDONLY | common) : Glibc.open(file, O_RDWR | O_CREAT | common, 0o644)
        guard descriptor >= 0 else { throw CaptureError("\(name): \(String(cString: strerror(errno)))") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CaptureError("\(name): not a regular file")
        }
        guard access == .read || ftruncate(descriptor, 0) == 0,
            let stream = fdopen(descriptor, access == .read ? "r" : "w")
        else {
            defer { close(descriptor) }
            throw CaptureError("\(name): \(String(cString: strerror(errno)))")
        }
        return stream
    }
}
