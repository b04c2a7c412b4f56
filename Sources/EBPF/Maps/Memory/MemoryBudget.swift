import Glibc
import Synchronization

/// Bytes that maps may take together.
final class MemoryBudget: Sendable {
    let limit: Int
    private let used = Atomic<Int>(0)

    /// Three quarters of the machine's memory: maps that are full must not have the kernel end the switch.
    static let machine = MemoryBudget(
        limit: sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 4 * 3)

    init(limit: Int) { self.limit = limit }

    var left: Int { limit - used.load(ordering: .relaxed) }

    /// Whether there were so many.
    func take(_ bytes: Int) -> Bool {
        var seen = used.load(ordering: .relaxed)
        while bytes <= limit - seen {
            let (taken, current) = used.compareExchange(expected: seen, desired: seen + bytes, ordering: .relaxed)
            if taken { return true }
            seen = current
        }
        return false
    }

    func giveBack(_ bytes: Int) { used.wrappingSubtract(bytes, ordering: .relaxed) }
}
