import Synchronization

/// What a worker that inserts and deletes keeps for itself, on cache lines of its own. The last one of a table is shared
/// by all threads that are no workers.
///
/// The table's room, elements that may be inserted, is spread over the writers: `freed - taken` of it is here.
struct HashWriter: ~Copyable {
    /// Only grows. Stored by the worker itself.
    private let freed = Atomic<Int>(0)
    /// Only grows, up to `freed`. Other workers take from here too.
    private let taken = Atomic<Int>(0)
    /// What other writers look at is apart from what they don't.
    private let padding: InlineArray<6, UInt64> = InlineArray(repeating: 0)
    /// Deletions that `Retirement` does not know of yet; below 0 where retired slots were used again.
    private let retired = Atomic<Int>(0)
    /// The bucket at which the worker looks for the next element to evict.
    let hand: Atomic<Int>
    /// Whether several threads use it.
    private let isShared: Bool
    private let tail: InlineArray<5, UInt64> = InlineArray(repeating: 0)

    init(hand: Int, isShared: Bool) {
        self.hand = Atomic(hand)
        self.isShared = isShared
    }

    /// Hot path. Room for one element; false where there is none here.
    @inline(__always)
    func take() -> Bool {
        var seen = taken.load(ordering: .relaxed)
        while seen < freed.load(ordering: .acquiring) {
            let (isTaken, current) = taken.compareExchange(expected: seen, desired: seen &+ 1, ordering: .relaxed)
            if isTaken { return true }
            seen = current
        }
        return false
    }

    /// Half of the room here, up to `limit`; at least for one element, if there is any.
    func takeHalf(upTo limit: Int) -> Int {
        var seen = taken.load(ordering: .relaxed)
        while true {
            let room = freed.load(ordering: .acquiring) &- seen
            guard room > 0 else { return 0 }
            let wanted = min((room &+ 1) / 2, limit)
            let (isTaken, current) = taken.compareExchange(
                expected: seen, desired: seen &+ wanted, ordering: .relaxed)
            if isTaken { return wanted }
            seen = current
        }
    }

    /// Hot path. The writer's own thread.
    @inline(__always)
    func free(_ count: Int) { add(count, to: freed) }

    /// All that was ever freed here.
    var everFreed: Int { freed.load(ordering: .acquiring) }

    var room: Int {
        let taken = taken.load(ordering: .acquiring)
        return freed.load(ordering: .acquiring) &- taken
    }

    /// Hot path. Counts retired slots; the writer's own thread. Whether `limit` of them are counted.
    @inline(__always)
    func retire(_ count: Int, limit: Int) -> Bool {
        let sum = add(count, to: retired)
        return sum >= limit || sum <= -limit
    }

    /// The retired slots counted here, which are counted elsewhere from now on.
    func takeRetired() -> Int { retired.exchange(0, ordering: .relaxed) }

    @inline(__always) @discardableResult
    private func add(_ count: Int, to sum: borrowing Atomic<Int>) -> Int {
        if isShared { return sum.wrappingAdd(count, ordering: .acquiringAndReleasing).newValue }
        let new = sum.load(ordering: .relaxed) &+ count
        sum.store(new, ordering: .releasing)
        return new
    }
}
