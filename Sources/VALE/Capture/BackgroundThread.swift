import CLinux
import Glibc
import Synchronization

/// A thread that runs one function to its end.
final class BackgroundThread: Sendable {
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// nil once it was joined.
    private let thread: Mutex<pthread_t?>

    /// - Parameter name: up to 15 bytes.
    init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(CaptureError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name, body))
        let failure = pthread_create(
            &thread, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                // Signals are for the service's threads.
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                clinux_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard failure == 0 else {
            start.release()
            throw CaptureError("pthread_create: \(String(cString: strerror(failure)))")
        }
        self.thread = Mutex(thread)
    }

    deinit {
        thread.withLock { if let thread = $0 { pthread_detach(thread) } }
    }

    /// Waits for its end.
    func join() {
        thread.withLock {
            if let thread = $0 { pthread_join(thread, nil) }
            $0 = nil
        }
    }
}
