import Dispatch
import Synchronization

/// Counts who reads the packets of a capture, and takes the capture away when nobody has for its time: from the start, so
/// that one goes whose client never came, and from the last reader's end.
final class CaptureLease: Sendable {
    private struct State {
        var readers = 0
        /// Of the clock that counts; those set before do nothing.
        var clock: UInt64 = 0
    }

    private let seconds: UInt64
    private let queue: DispatchQueue
    private let expire: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter expire: called once, on `queue`, which writes the state of control.
    init(seconds: UInt64, on queue: DispatchQueue, _ expire: @escaping @Sendable () -> Void) {
        self.seconds = seconds
        self.queue = queue
        self.expire = expire
        renew()
    }

    func addReader() { state.withLock { $0.readers += 1 } }

    func removeReader() {
        state.withLock { $0.readers -= 1 }
        renew()
    }

    /// The time begins anew.
    func renew() {
        let clock = state.withLock { state in
            state.clock += 1
            return state.clock
        }
        queue.asyncAfter(deadline: .now() + .seconds(Int(seconds))) { [weak self] in
            guard let self, self.state.withLock({ $0.clock == clock && $0.readers == 0 }) else { return }
            self.expire()
        }
    }
}
