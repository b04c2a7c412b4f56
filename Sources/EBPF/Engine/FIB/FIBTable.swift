import Maps
import Synchronization

/// What `bpf_fib_lookup` and `bpf_check_mtu` answer from: routes, neighbours and interfaces, which user space sets as a
/// whole. Workers read it without locks.
public final class FIBTable: Sendable {
    public struct Contents: Hashable, Sendable {
        public var interfaces: [FIBInterface] = []
        public var routes: [FIBRoute] = []
        public var neighbours: [FIBNeighbour] = []
        public var rules = FIBRule.standard

        public init() {}
    }

    /// Workers that read it.
    public let domain: WorkerDomain
    /// The address of the current `FIBSnapshot`.
    private let published: Atomic<UInt>
    private let state: Mutex<State>

    private struct State {
        var current: FIBSnapshot
        /// What workers may still be reading, with the epoch after which they are not.
        var retired: [(epoch: UInt64, snapshot: FIBSnapshot)] = []
    }

    public init(_ contents: Contents = Contents(), domain: WorkerDomain) {
        let snapshot = FIBSnapshot(contents)
        self.domain = domain
        state = Mutex(State(current: snapshot))
        published = Atomic(UInt(bitPattern: Unmanaged.passUnretained(snapshot).toOpaque()))
    }

    public var contents: Contents { state.withLock { $0.current.contents } }

    /// Replaces all contents: frames of bursts that start later see the new ones.
    public func set(_ contents: Contents) {
        let snapshot = FIBSnapshot(contents)
        state.withLock { state in
            published.store(UInt(bitPattern: Unmanaged.passUnretained(snapshot).toOpaque()), ordering: .releasing)
            state.retired.removeAll { domain.hasPassed($0.epoch) }
            state.retired.append((domain.retire(), state.current))
            state.current = snapshot
        }
    }

    /// The same contents for the workers of another domain.
    func copy(domain: WorkerDomain) -> FIBTable { FIBTable(contents, domain: domain) }

    /// Workers of the domain only, until their next quiescent point.
    func withSnapshot<Result>(_ body: (FIBSnapshot) -> Result) -> Result? {
        UnsafeRawPointer(bitPattern: published.load(ordering: .acquiring)).map {
            Unmanaged<FIBSnapshot>.fromOpaque($0)._withUnsafeGuaranteedRef(body)
        }
    }
}
