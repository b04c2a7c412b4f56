/// The way that each path took: the instructions that were explored, each with the one before it.
struct History {
    private var slots: ContiguousArray<Int32> = []
    private var previous: ContiguousArray<Int32> = []

    static let start: Int32 = -1

    /// Notes that `slot` ran after `last`; answers the name of the new place.
    mutating func append(_ slot: Int, after last: Int32) -> Int32 {
        slots.append(Int32(truncatingIfNeeded: slot))
        previous.append(last)
        return Int32(truncatingIfNeeded: slots.count - 1)
    }

    /// The slots from the first instruction to `place`.
    func path(to place: Int32) -> [Int] {
        var path: [Int] = []
        var at = place
        while at >= 0 {
            path.append(Int(slots[Int(at)]))
            at = previous[Int(at)]
        }
        return path.reversed()
    }
}
