import CLinux
import Glibc

/// Helpers that tell the time, and where the program runs.
enum TimeHelpers {
    static let entries = [
        HelperEntry(.ktimeGetBootNs, arguments: 0) { _ throws(Fault) in nanoseconds(CLOCK_BOOTTIME) },
        HelperEntry(.ktimeGetCoarseNs, arguments: 0) { _ throws(Fault) in nanoseconds(CLOCK_MONOTONIC_COARSE) },
        HelperEntry(.ktimeGetTaiNs, arguments: 0) { _ throws(Fault) in nanoseconds(CLOCK_TAI) },
        HelperEntry(.jiffies64, arguments: 0) { _ throws(Fault) in jiffies },
        HelperEntry(.getNumaNodeID, arguments: 0) { _ throws(Fault) in UInt64(clinux_numa_node()) },
    ]

    /// `CONFIG_HZ` as Debian has it.
    static let jiffiesPerSecond: UInt64 = 250

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Linux starts to count 5 minutes before 32 bits overflow.
    private static var jiffies: UInt64 {
        (1 << 32) - 300 * jiffiesPerSecond + nanoseconds(CLOCK_MONOTONIC_COARSE) / (1_000_000_000 / jiffiesPerSecond)
    }
}
