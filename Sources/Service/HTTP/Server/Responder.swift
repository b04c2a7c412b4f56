import HTTPTypes
import Synchronization

/// Where the answer to one request goes. The first answer counts, from any thread; later ones do nothing. A responder
/// that is dropped unused answers 500, so that no client waits for ever.
public final class Responder: Sendable {
    private let isAnswered = Atomic(false)
    private let life: ConnectionLife?
    private let deliver: @Sendable (Response) -> Void

    /// A responder without a client: for tests, and for handlers that ask each other.
    public init(_ deliver: @escaping @Sendable (Response) -> Void) {
        self.deliver = deliver
        life = nil
    }

    init(life: ConnectionLife, _ deliver: @escaping @Sendable (Response) -> Void) {
        self.deliver = deliver
        self.life = life
    }

    deinit {
        if isAnswered.load(ordering: .acquiring) { return }
        respond(.problem(.internalServerError, "the request was not answered"))
    }

    /// False when the request has been answered already.
    @discardableResult
    public func respond(_ response: Response) -> Bool {
        guard !isAnswered.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        deliver(response)
        return true
    }

    /// The client is gone: what is made for it is made in vain.
    public var isCancelled: Bool {
        life?.isOver ?? false
    }
}

/// Tells other threads that a connection has ended.
final class ConnectionLife: Sendable {
    private let over = Atomic(false)

    var isOver: Bool { over.load(ordering: .relaxed) }
    func end() { over.store(true, ordering: .relaxed) }
}
