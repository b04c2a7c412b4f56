import Synchronization

/// What may be used again of a table's retired slots, at one moment.
struct RetirementState {
    let word: UInt64

    /// - Parameter waiting: generations before the current one that have not passed; below `Retirement.tags`.
    init(tag: UInt64, waiting: Int, isExhausted: Bool) {
        word = tag | UInt64(waiting) &<< 8 | (isExhausted ? 1 &<< 16 : 0)
    }

    init(_ word: UInt64) { self.word = word }

    /// For a slot that is deleted now, 1 to 126.
    @inline(__always)
    var tag: UInt64 { word & 0xff }

    /// Whether more slots are retired than there are spare ones.
    @inline(__always)
    var isExhausted: Bool { word &>> 16 != 0 }

    /// Whether nobody holds the address of a slot that has this tag. The slot's tag was read before the state.
    @inline(__always)
    func hasPassed(_ tag: UInt64) -> Bool {
        let age = Int(truncatingIfNeeded: self.tag) &- Int(truncatingIfNeeded: tag)
        return (age < 0 ? age &+ Retirement.tags : age) > Int(truncatingIfNeeded: word &>> 8 & 0xff)
    }
}

/// Which retired slots of a table may be used again: those that were retired before a quiescent point of every worker.
///
/// Deletions are counted in generations. One ends after `generation` of them, with the stamp of that moment; when that
/// stamp has passed, all its slots are free. A slot's tag tells its generation modulo 126: an older generation that has
/// the same tag passes for the younger, which only delays its slots.
///
/// A worker that deletes reads the state and then writes the tag. The generation can't pass in between, as the worker has
/// no quiescent point there; other threads look at the state again (`HashTable.retire`).
struct Retirement: ~Copyable {
    /// Read by all who insert or delete, written once for many deletions.
    private let published: Atomic<UInt64>
    private let padding = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    private let lock = SpinLock()
    private let generations: UnsafeMutablePointer<Generations>
    private let domain: Unmanaged<WorkerDomain>

    static let tags = 126

    init(_ generations: UnsafeMutablePointer<Generations>, domain: Unmanaged<WorkerDomain>) {
        self.generations = generations
        self.domain = domain
        published = Atomic(generations.pointee.state.word)
    }

    /// Hot path.
    @inline(__always)
    var state: RetirementState { RetirementState(published.load(ordering: .acquiring)) }

    /// Counts slots that were retired, or less than 0 that were used again before they had passed.
    @inline(never)
    func count(_ slots: Int) {
        lock.lock()
        defer { lock.unlock() }
        generations.pointee.count(slots)
        guard generations.pointee.isLarge else { return }
        domain._withUnsafeGuaranteedRef { domain in
            generations.pointee.advance(domain)
            guard generations.pointee.next() else { return }
            // First, so that deletions that read this generation's tag later come before its stamp.
            publish()
            generations.pointee.stamp(domain.retire())
        }
        publish()
    }

    /// Looks which generations have passed. Whether more slots than there are spare ones are still retired.
    @inline(never)
    func isExhausted() -> Bool {
        lock.lock()
        defer { lock.unlock() }
        domain._withUnsafeGuaranteedRef { generations.pointee.advance($0) }
        publish()
        return generations.pointee.state.isExhausted
    }

    private func publish() { published.store(generations.pointee.state.word, ordering: .sequentiallyConsistent) }
}

/// The generations of a `Retirement`, under its lock.
struct Generations {
    /// Slots that may be retired at a time.
    private let limit: Int
    /// Slots of a generation.
    private let size: Int
    /// The number of the generation that deletions go to.
    private var current = 0
    /// All generations before this one have passed.
    private var passed = 0
    /// Slots of the generations from `passed` to `current`.
    private var pending = 0
    private var counts = InlineArray<126, Int>(repeating: 0)
    private var stamps = InlineArray<126, UInt64>(repeating: 0)

    init(limit: Int, size: Int) {
        self.limit = limit
        self.size = size
    }

    var state: RetirementState {
        RetirementState(
            tag: UInt64(1 + current % Retirement.tags), waiting: current - passed, isExhausted: pending >= limit)
    }

    mutating func count(_ slots: Int) {
        counts[current % Retirement.tags] += slots
        pending += slots
    }

    /// Whether the current generation should end.
    var isLarge: Bool { counts[current % Retirement.tags] >= size }

    /// Begins another generation, unless its number is that of one that is still waiting.
    mutating func next() -> Bool {
        guard current + 1 - passed < Retirement.tags else { return false }
        current += 1
        counts[current % Retirement.tags] = 0
        return true
    }

    /// The generation before the current one ends with this.
    mutating func stamp(_ stamp: UInt64) { stamps[(current - 1) % Retirement.tags] = stamp }

    mutating func advance(_ domain: WorkerDomain) {
        while passed < current, domain.hasPassed(stamps[passed % Retirement.tags]) {
            pending -= counts[passed % Retirement.tags]
            passed += 1
        }
    }
}
