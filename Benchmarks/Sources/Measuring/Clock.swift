import Glibc
import Synchronization

/// The clock, in nanoseconds.
///
/// It goes on while other programs run. The thread's CPU time would not, but on virtual machines it is wrong by what the
/// host took, at any time: minima of it are too small.
public enum Clock {
    private static func nowNs() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// Time that `body` takes. `disturbances` counts it when others ran meanwhile.
    public static func time(_ body: () throws -> Void) rethrows -> Double {
        let switches = involuntarySwitches()
        let start = nowNs()
        try body()
        let took = nowNs() - start
        if involuntarySwitches() != switches { disturbed.wrappingAdd(1, ordering: .relaxed) }
        return took
    }

    /// Times that a timed piece of work, on any thread, had to make way for another program.
    static var disturbances: Int { disturbed.load(ordering: .relaxed) }
    private static let disturbed = Atomic<Int>(0)

    /// `RUSAGE_THREAD`, <bits/resource.h>, which Glibc shows with _GNU_SOURCE only.
    private static let ofThread: __rusage_who_t = 1

    private static func involuntarySwitches() -> Int {
        var usage = rusage()
        getrusage(ofThread, &usage)
        return usage.ru_nivcsw
    }
}
