import Capture
import Dispatch
import HTTP
import Synchronization

/// The file of a capture on its way to a client: what is there, or on and on until the capture ends.
final class CaptureDownload: Sendable {
    private let session: CaptureSession
    /// Until the download has ended.
    private let lease: Mutex<CaptureLease?>
    private let queue: DispatchQueue
    /// Bytes of the file that are sent; nil: all that come.
    private let end: Int?
    private let offset = Mutex(0)

    private static let chunk = 256 << 10

    init(_ session: CaptureSession, _ lease: CaptureLease?, follows: Bool, on queue: DispatchQueue) {
        self.session = session
        self.lease = Mutex(lease)
        self.queue = queue
        lease?.addReader()
        end = follows ? nil : session.byteCount
    }

    var stream: BodyStream {
        BodyStream(
            heartbeat: end == nil ? Self.heartbeat : nil, isEndless: end == nil, onPull: { self.pull($0) },
            onCancel: { self.leave() })
    }

    private func leave() { lease.withLock { $0.take() }?.removeReader() }

    /// A name resolution block without names, between two blocks of a quiet capture: who has gone is noticed by it.
    private static let heartbeat = BodyStream.Heartbeat(
        bytes: [4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0], seconds: 15)

    private func pull(_ writer: BodyWriter) { queue.async { self.send(writer) } }

    /// One pull at a time.
    private func send(_ writer: BodyWriter) {
        let start = offset.withLock { $0 }
        let limit = min(Self.chunk, (end ?? .max) - start)
        do throws(CaptureError) {
            let (bytes, isLast) = try session.read(at: start, limit: limit)
            offset.withLock { $0 += bytes.count }
            if isLast || start + bytes.count == end {
                writer.finish(bytes)
                leave()
            } else if bytes.isEmpty {
                session.whenMore(than: start) { self.pull(writer) }
            } else {
                writer.write(bytes)
            }
        } catch {
            writer.fail()
            leave()
        }
    }
}
