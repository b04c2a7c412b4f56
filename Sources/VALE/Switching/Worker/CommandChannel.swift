import CLinux
import Glibc
import Synchronization

/// Takes one command at a time from control to the worker, which executes it between two bursts.
///
/// Control waits for the end of its command, so that a command may refer to what control holds.
final class CommandChannel: @unchecked Sendable {
    typealias Body = (WorkerPointer) -> Void

    private let isPosted = Atomic<Bool>(false)
    /// Written before `isPosted` is set, read after it was seen.
    private var body: Body?
    /// Wakes the worker: in its epoll set.
    let wakeDescriptor: Int32
    private let doneDescriptor: Int32

    init() throws(SwitchError) {
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        doneDescriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeDescriptor >= 0, doneDescriptor >= 0 else { throw .system("eventfd", errno) }
    }

    deinit {
        close(wakeDescriptor)
        close(doneDescriptor)
    }

    /// Control only, one at a time. Returns once the worker has executed `body`.
    func perform(_ body: Body) {
        withoutActuallyEscaping(body) { body in
            self.body = body
            isPosted.store(true, ordering: .releasing)
            Self.signal(wakeDescriptor)
            var count: UInt64 = 0
            while read(doneDescriptor, &count, 8) < 0 && errno == EINTR {}
            self.body = nil
        }
    }

    /// Hot path, worker only.
    @inline(__always)
    var hasCommand: Bool { isPosted.load(ordering: .acquiring) }

    /// Worker only, after `hasCommand`. Control may go on as soon as this has signalled.
    func execute(_ worker: WorkerPointer) {
        isPosted.store(false, ordering: .relaxed)
        body?(worker)
        Self.signal(doneDescriptor)
    }

    /// Worker only: the wake was seen.
    func drainWake() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
    }

    private static func signal(_ descriptor: Int32) {
        var one: UInt64 = 1
        while write(descriptor, &one, 8) < 0 && errno == EINTR {}
    }
}
