import Glibc
import Synchronization

/// A file without a name that grows at its end, and is read anywhere meanwhile. Its space is free again once nobody
/// holds it. One thread appends, any may read.
final class CaptureStore: Sendable {
    private let descriptor: Int32
    private let size = Atomic<Int>(0)

    /// In `TMPDIR`, or /var/tmp.
    init() throws(CaptureError) {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        var path = Array("\(folder)/swale-capture-XXXXXX".utf8CString)
        descriptor = mkstemp(&path)
        guard descriptor >= 0 else {
            throw CaptureError("no temporary file in \(folder): \(String(cString: strerror(errno)))")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(path)
    }

    deinit { close(descriptor) }

    var count: Int { size.load(ordering: .acquiring) }

    /// What can't be written whole is not there.
    func append(_ bytes: [UInt8]) throws(CaptureError) {
        let start = size.load(ordering: .relaxed)
        var written = 0
        while written < bytes.count {
            let result = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress! + written, $0.count - written, start + written)
            }
            if result < 0 {
                if errno == EINTR { continue }
                throw CaptureError("writing the capture: \(String(cString: strerror(errno)))")
            }
            written += result
        }
        size.store(start + written, ordering: .releasing)
    }

    func read(at offset: Int, limit: Int) throws(CaptureError) -> [UInt8] {
        let wanted = min(limit, count - offset)
        guard wanted > 0 else { return [] }
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            repeat { result = pread(descriptor, buffer.baseAddress, wanted, offset) } while result < 0 && errno == EINTR
            filled = max(0, result)
        }
        guard result > 0 else { throw CaptureError("reading the capture: \(String(cString: strerror(errno)))") }
        return bytes
    }
}
