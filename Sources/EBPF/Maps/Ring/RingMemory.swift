import CLinux
import Glibc

/// The bytes of a ring, twice in a row in the address space: a record that goes past the end goes on at the start.
final class RingMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    /// A power of two, whole pages.
    let bytes: Int
    private let budget: MemoryBudget

    init(bytes: Int, limit: Int, budget: MemoryBudget = .machine) throws(MapError) {
        guard bytes <= limit else { throw .noMemory("the map needs \(bytes) bytes, the limit for one map is \(limit)") }
        guard budget.take(bytes) else {
            throw .noMemory("the map needs \(bytes) bytes, \(budget.left) are left for maps")
        }
        guard let base = Self.map(bytes) else {
            budget.giveBack(bytes)
            throw .noMemory("the system has no \(bytes) bytes for the map")
        }
        self.base = base
        self.bytes = bytes
        self.budget = budget
    }

    private static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
        let file = clinux_memory_file("swale-ring", UInt64(bytes))
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard
            let range = mmap(nil, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), range != MAP_FAILED
        else { return nil }
        for place in [range, range + bytes] {
            guard mmap(place, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == place else {
                munmap(range, 2 * bytes)
                return nil
            }
        }
        return range
    }

    deinit {
        munmap(base, 2 * bytes)
        budget.giveBack(bytes)
    }
}
