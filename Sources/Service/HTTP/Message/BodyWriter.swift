import Synchronization

/// The answer to one pull of a `BodyStream`. One call counts, from any thread; later ones do nothing. A writer that is
/// dropped unused breaks the connection off, so that the client sees that the body is incomplete.
public final class BodyWriter: Sendable {
    enum Outcome: Sendable {
        case bytes([UInt8])
        case last([UInt8])
        case failure
    }

    private let isUsed = Atomic(false)
    private let deliver: @Sendable (Outcome) -> Void

    init(deliver: @escaping @Sendable (Outcome) -> Void) {
        self.deliver = deliver
    }

    deinit {
        complete(.failure)
    }

    /// The next part of the body. The stream is pulled again once the client has taken enough of it.
    public func write(_ bytes: [UInt8]) {
        complete(.bytes(bytes))
    }

    /// The last part of the body, which may be empty.
    public func finish(_ bytes: [UInt8] = []) {
        complete(.last(bytes))
    }

    /// The rest of the body can't be had: breaks the connection off.
    public func fail() {
        complete(.failure)
    }

    private func complete(_ outcome: Outcome) {
        guard !isUsed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        deliver(outcome)
    }
}
