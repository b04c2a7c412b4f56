/// A response body that is made while it is sent. The connection pulls when it can take more, so that a slow client
/// slows the source instead of filling memory. Ends with `finish`, or with `onCancel` when the client is gone.
public final class BodyStream: Sendable {
    /// Bytes to send when the source has been silent for `seconds`: a comment line of an event stream.
    public struct Heartbeat: Sendable {
        public var bytes: [UInt8]
        public var seconds: Double

        public init(bytes: [UInt8], seconds: Double) {
            self.bytes = bytes
            self.seconds = seconds
        }

        /// An empty comment of Server-Sent Events every 15 seconds.
        public static let eventStream = Heartbeat(bytes: Array(":\n\n".utf8), seconds: 15)
    }

    let heartbeat: Heartbeat?
    let isEndless: Bool
    let onPull: @Sendable (BodyWriter) -> Void
    let onCancel: @Sendable () -> Void

    /// - Parameters:
    ///   - isEndless: the source ends only when the client goes; a graceful shutdown ends it at once, and so does a client
    ///     that closes its side. One that reads slowly, or not for a while, is waited for.
    ///   - onPull: called on the event loop, must not block. Answer with exactly one call of the writer, at once or
    ///     later from any thread; the next pull comes after it.
    ///   - onCancel: called once, on the event loop, when the stream ends before its source finished it.
    public init(
        heartbeat: Heartbeat? = nil, isEndless: Bool = false, onPull: @escaping @Sendable (BodyWriter) -> Void,
        onCancel: @escaping @Sendable () -> Void = {}
    ) {
        self.heartbeat = heartbeat
        self.isEndless = isEndless
        self.onPull = onPull
        self.onCancel = onCancel
    }
}
