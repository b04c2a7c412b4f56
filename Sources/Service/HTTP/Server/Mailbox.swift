import CLinux
import Glibc
import Synchronization

/// What other threads have for the event loop to do; waking it is a write to an eventfd.
final class Mailbox: Sendable {
    typealias Message = @Sendable (ServerLoop) -> Void

    let descriptor: Int32
    private let messages = Mutex<[Message]>([])

    init() throws(ServerError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "eventfd", errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    func post(_ message: @escaping Message) {
        let wasEmpty = messages.withLock {
            $0.append(message)
            return $0.count == 1
        }
        if wasEmpty { eventfd_write(descriptor, 1) }
    }

    /// Loop only.
    func take() -> [Message] {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
        return messages.withLock {
            let taken = $0
            $0 = []
            return taken
        }
    }
}
