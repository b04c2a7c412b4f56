import Glibc
import Object

/// One zeroed, page-aligned range of memory that belongs to a map. Pages are taken when they are first touched.
///
/// `bytes` counts against a limit per map and against the machine's memory for all maps, so that a map that is created
/// can also be filled.
final class MapMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let bytes: Int

    /// What one map may take unless its creator says otherwise.
    static let defaultLimit = 4 << 30

    private static let hugePage = 2 << 20
    private let budget: MemoryBudget

    init(bytes wanted: Int, limit: Int, budget: MemoryBudget = .machine) throws(MapError) {
        guard wanted <= limit else {
            throw .noMemory("the map needs \(wanted) bytes, the limit for one map is \(limit)")
        }
        // Large maps start at a huge page: fewer TLB misses on random access.
        let huge = wanted >= 2 * Self.hugePage
        let unit = huge ? Self.hugePage : 4096
        let bytes = (wanted + unit - 1) / unit * unit
        guard budget.take(bytes) else {
            throw .noMemory("the map needs \(bytes) bytes, \(budget.left) are left for maps")
        }
        let slack = huge ? Self.hugePage : 0
        let range = mmap(nil, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let range, range != MAP_FAILED else {
            budget.giveBack(bytes)
            throw .noMemory("the system has no \(bytes) bytes for the map")
        }
        var start = range
        if huge {
            start = range.alignedUp(toMultipleOf: Self.hugePage)
            if start > range { munmap(range, start - range) }
            if start - range < slack { munmap(start + bytes, slack - (start - range)) }
            madvise(start, bytes, MADV_HUGEPAGE)
        }
        base = start
        self.bytes = bytes
        self.budget = budget
    }

    /// Keeps a copy of `value` at `offset` bytes from the start.
    func store<Value: BitwiseCopyable>(_ value: Value, at offset: Int) -> UnsafeMutablePointer<Value> {
        let place = (base + offset).bindMemory(to: Value.self, capacity: 1)
        place.initialize(to: value)
        return place
    }

    deinit {
        munmap(base, bytes)
        budget.giveBack(bytes)
    }
}

/// Sums and products of sizes that come from users: an overflow is `noMemory`, not a trap.
struct MapSize {
    private(set) var bytes = 0

    static func product(_ a: Int, _ b: Int) throws(MapError) -> Int {
        let (value, overflow) = a.multipliedReportingOverflow(by: b)
        guard !overflow else { throw .noMemory("the map's size overflows") }
        return value
    }

    /// Adds a part of `count * size` bytes on a cache line of its own; its offset.
    mutating func add(_ count: Int, _ size: Int) throws(MapError) -> Int {
        let offset = bytes
        let (sum, overflow) = bytes.addingReportingOverflow(try Self.product(count, size))
        guard !overflow, sum < Int.max - 64 else { throw .noMemory("the map's size overflows") }
        bytes = (sum + 63) & ~63
        return offset
    }
}
