import Glibc

/// SIGINT, SIGTERM and SIGHUP, taken by a thread that waits for them.
///
/// Made before any other thread, so that all inherit the mask and none is interrupted.
struct TerminationSignals {
    private var set = sigset_t()

    init() {
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A peer that is gone is an error of the write to it.
        signal(SIGPIPE, SIG_IGN)
    }

    /// The name of the signal that came. Later ones change nothing: the end is under way, and bounded in time.
    func wait() -> String {
        var set = set
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        return [SIGINT: "SIGINT", SIGTERM: "SIGTERM"][number] ?? "SIGHUP"
    }
}
