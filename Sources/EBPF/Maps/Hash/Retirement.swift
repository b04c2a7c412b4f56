/// Which retired slots of a table may be used again: those that were retired before a quiescent point of every worker.
///
/// Deletions are counted in generations. One ends after `generation` of them, with the stamp of that moment; when that
/// stamp has passed, all its slots are free. A slot's tag tells its generation modulo 126: an older generation that has
/// the same tag passes for the younger, which only delays its slots.
///
/// Under the map's lock only.
struct Retirement {
    /// Retired slots beyond this number are used again at once.
    private let limit: Int
    private let generation: Int
    /// The number of the generation that deletions go to.
    private var current = 0
    /// All generations before this one have passed.
    private var passed = 0
    /// Slots of the generations from `passed` to `current`.
    private var pending = 0
    private var counts = InlineArray<126, UInt32>(repeating: 0)
    private var stamps = InlineArray<126, UInt64>(repeating: 0)

    private static let tags = 126

    init(limit: Int, generation: Int) {
        self.limit = limit
        self.generation = generation
    }

    /// The tag for a slot that is deleted now. Call `end` afterwards.
    @inline(__always)
    mutating func retire() -> UInt64 {
        let index = current % Self.tags
        counts[index] &+= 1
        pending &+= 1
        return UInt64(truncatingIfNeeded: 1 &+ index)
    }

    /// Ends the generation if it is large enough. The tags of its slots are set.
    @inline(__always)
    mutating func end(_ domain: Unmanaged<WorkerDomain>) {
        if counts[current % Self.tags] >= generation { endNow(domain) }
    }

    @inline(never)
    private mutating func endNow(_ domain: Unmanaged<WorkerDomain>) {
        domain._withUnsafeGuaranteedRef { domain in
            advance(domain)
            // The number of the next one must not be that of one that is still waiting.
            guard current &+ 1 &- passed < Self.tags else { return }
            stamps[current % Self.tags] = domain.retire()
            current &+= 1
            counts[current % Self.tags] = 0
        }
    }

    private mutating func advance(_ domain: WorkerDomain) {
        while passed < current, domain.hasPassed(stamps[passed % Self.tags]) {
            pending &-= Int(counts[passed % Self.tags])
            passed &+= 1
        }
    }

    /// Whether more slots are retired than there are spare ones.
    @inline(__always)
    mutating func isExhausted(_ domain: Unmanaged<WorkerDomain>) -> Bool {
        guard pending >= limit else { return false }
        domain._withUnsafeGuaranteedRef { advance($0) }
        return pending >= limit
    }

    /// Whether nobody holds the address of a retired slot with this tag.
    @inline(__always)
    func hasPassed(_ tag: UInt64) -> Bool { generation(of: tag) < passed }

    /// A retired slot is given away.
    @inline(__always)
    mutating func take(_ tag: UInt64) {
        let number = generation(of: tag)
        guard number >= passed, counts[number % Self.tags] > 0 else { return }
        counts[number % Self.tags] &-= 1
        pending &-= 1
    }

    /// The youngest generation with this tag.
    @inline(__always)
    private func generation(of tag: UInt64) -> Int {
        let age = current % Self.tags &- (Int(truncatingIfNeeded: tag) &- 1)
        return current &- (age < 0 ? age &+ Self.tags : age)
    }
}
