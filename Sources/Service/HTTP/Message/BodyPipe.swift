import Synchronization

/// A bounded queue between a source that makes bytes when it likes (events) and a `BodyStream`. Any thread may send.
public final class BodyPipe: Sendable {
    private struct State {
        var buffered: [UInt8] = []
        var waiting: BodyWriter?
        var isFinished = false
        var isClosed = false
    }

    private let state: Mutex<State>
    private let capacity: Int
    private let onClose: @Sendable () -> Void

    /// - Parameters:
    ///   - capacity: in bytes; what is sent to a client that is this much behind is refused.
    ///   - onClose: called once when the client is gone before `finish`.
    public init(capacity: Int = 256 * 1024, onClose: @escaping @Sendable () -> Void = {}) {
        state = Mutex(State())
        self.capacity = capacity
        self.onClose = onClose
    }

    /// The reading end; ask for it once.
    public func stream(heartbeat: BodyStream.Heartbeat? = nil) -> BodyStream {
        BodyStream(heartbeat: heartbeat, isEndless: true, onPull: { self.pull($0) }, onCancel: { self.close() })
    }

    /// Whole or not at all. False when the client is too far behind, or gone.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        if bytes.isEmpty { return !isClosed }
        let (accepted, writer) = state.withLock { state -> (Bool, BodyWriter?) in
            if state.isClosed || state.isFinished { return (false, nil) }
            if let writer = state.waiting {
                state.waiting = nil
                return (true, writer)
            }
            if state.buffered.count + bytes.count > capacity { return (false, nil) }
            state.buffered += bytes
            return (true, nil)
        }
        writer?.write(bytes)
        return accepted
    }

    /// Ends the body after what has been sent.
    public func finish() {
        let writer = state.withLock { state -> BodyWriter? in
            state.isFinished = true
            return state.waiting.take()
        }
        writer?.finish()
    }

    /// The client is gone.
    public var isClosed: Bool {
        state.withLock { $0.isClosed }
    }

    private func pull(_ writer: BodyWriter) {
        let (bytes, isLast) = state.withLock { state -> ([UInt8], Bool) in
            let bytes = state.buffered
            state.buffered = []
            if bytes.isEmpty && !state.isFinished { state.waiting = writer }
            return (bytes, state.isFinished)
        }
        if isLast {
            writer.finish(bytes)
        } else if !bytes.isEmpty {
            writer.write(bytes)
        }
    }

    private func close() {
        let waiting = state.withLock { state -> BodyWriter? in
            state.isClosed = true
            state.buffered = []
            return state.waiting.take()
        }
        waiting?.fail()
        onClose()
    }
}
