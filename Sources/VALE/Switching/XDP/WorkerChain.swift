import Engine
import Maps
import Verifier

/// What the worker holds of a port's XDP programs. Control makes and frees it; while a port has it, the worker alone
/// touches it.
struct WorkerChain {
    struct Link {
        let executable: Executable
        /// A bit for each verdict after which the chain goes on.
        let chainCalls: UInt8
        let counters: ChainCounters
    }

    /// In the order in which they run.
    let links: UnsafeMutablePointer<Link>
    let count: Int
    /// Some program writes to packets or moves them: they come as they would be on a wire, within the MTU and with
    /// complete checksums.
    let needsWireFrames: Bool
    /// Some program may move the end of a packet: packets come in memory with room behind them.
    let needsTailroom: Bool
    /// Runs are timed.
    let isTimed: Bool

    init(_ attachments: [XDPAttachment], isTimed: Bool) {
        count = attachments.count
        links = .allocate(capacity: max(count, 1))
        for (index, attachment) in attachments.enumerated() {
            let calls = attachment.chainCalls.reduce(0 as UInt8) { $0 | 1 << $1.rawValue }
            (links + index).initialize(
                to: Link(executable: attachment.program.executable, chainCalls: calls, counters: .allocate()))
        }
        needsWireFrames = attachments.contains { $0.program.mayChangePacket }
        needsTailroom = attachments.contains { $0.program.mayMoveTail }
        self.isTimed = isTimed
    }

    /// Both have as many programs.
    func takeCounters(of other: WorkerChain) {
        for index in 0..<count {
            links[index].counters.words.update(from: other.links[index].counters.words, count: ChainCounters.count)
        }
    }

    func deallocate() {
        for index in 0..<count { links[index].counters.deallocate() }
        links.deallocate()
    }
}

typealias WorkerChainPointer = UnsafeMutablePointer<WorkerChain>

/// Counters of one program: words that only the worker writes.
struct ChainCounters {
    let words: UnsafeMutablePointer<UInt64>

    static let verdicts = 4
    static let count = verdicts + XDPVerdict.allCases.count

    static func allocate() -> ChainCounters {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        words.initialize(repeating: 0, count: count)
        return ChainCounters(words: words)
    }

    func deallocate() { words.deallocate() }

    @inline(__always) var runs: UInt64 {
        get { words[0] }
        nonmutating set { words[0] = newValue }
    }
    @inline(__always) var nanoseconds: UInt64 {
        get { words[1] }
        nonmutating set { words[1] = newValue }
    }
    @inline(__always) var invalid: UInt64 {
        get { words[2] }
        nonmutating set { words[2] = newValue }
    }
    @inline(__always) var faults: UInt64 {
        get { words[3] }
        nonmutating set { words[3] = newValue }
    }
    @inline(__always)
    func count(verdict: Int) { words[Self.verdicts + verdict] &+= 1 }
}

extension XDPCounters {
    /// From the words of a `ChainCounters`.
    init(words: UnsafePointer<UInt64>) {
        let counters = ChainCounters(words: UnsafeMutablePointer(mutating: words))
        runs = counters.runs
        nanoseconds = counters.nanoseconds
        invalid = counters.invalid
        faults = counters.faults
        for verdict in XDPVerdict.allCases {
            let count = words[ChainCounters.verdicts + Int(verdict.rawValue)]
            if count > 0 { verdicts[verdict] = count }
        }
    }
}

extension Program {
    /// Nobody verified it: it may do anything.
    private var isUnknown: Bool { verification == nil }

    /// Whether some path writes to the packet or moves its ends.
    var mayChangePacket: Bool {
        guard let facts = verification?.verdict.facts else { return true }
        return facts.writesPacket || facts.movesPacket || maps.contains { $0.mayHoldPrograms }
    }

    /// Whether the packet's end may move. What a tail call goes on with may do it.
    var mayMoveTail: Bool {
        isUnknown || !code.helpers.isDisjoint(with: [Helper.xdpAdjustTail.rawValue, Helper.tailCall.rawValue])
            || maps.contains { $0.mayHoldPrograms }
    }
}

extension Map {
    /// Whether frames that are redirected by it may meet the program of an entry.
    fileprivate var mayHoldPrograms: Bool {
        [.devmap, .devmapHash, .cpumap].contains(attributes.type) && attributes.valueSize > 4
    }
}
