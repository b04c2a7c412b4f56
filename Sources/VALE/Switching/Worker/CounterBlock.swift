import PacketIO

/// Counters of one port: words that only the worker writes, and only it reads while the port is linked.
struct CounterBlock {
    let words: UnsafeMutablePointer<UInt64>

    static let fixed = 5
    static let count = fixed + DropReason.count

    static func allocate() -> CounterBlock {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        words.initialize(repeating: 0, count: count)
        return CounterBlock(words: words)
    }

    func deallocate() { words.deallocate() }

    @inline(__always) var rxFrames: UInt64 {
        get { words[0] }
        nonmutating set { words[0] = newValue }
    }
    @inline(__always) var rxBytes: UInt64 {
        get { words[1] }
        nonmutating set { words[1] = newValue }
    }
    @inline(__always) var txFrames: UInt64 {
        get { words[2] }
        nonmutating set { words[2] = newValue }
    }
    @inline(__always) var txBytes: UInt64 {
        get { words[3] }
        nonmutating set { words[3] = newValue }
    }
    /// Copies beyond the first that broadcasts of frames from this port made.
    @inline(__always) var generated: UInt64 {
        get { words[4] }
        nonmutating set { words[4] = newValue }
    }
    @inline(__always) var drops: DropCounters { DropCounters(words + Self.fixed) }

    func add(_ other: CounterBlock) {
        for i in 0..<Self.count { words[i] &+= other.words[i] }
    }
}
