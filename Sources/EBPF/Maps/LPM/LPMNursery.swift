/// Hands out a trie's nodes. Under the map's lock only.
///
/// Retired nodes wait in a queue. The oldest is used again when every worker has passed a quiescent point since. When
/// there is no node left that was never used, it is used again at once if no other worker is online.
struct LPMNursery {
    private let stamps: UnsafeMutablePointer<UInt64>
    private let queue: UnsafeMutablePointer<UInt32>
    private let capacity: Int
    /// Nodes from 1 to below this one were used.
    private(set) var used = 1
    private var head = 0
    private var waiting = 0
    /// Elements, for each prefix length below the tops'.
    var shortCounts = InlineArray<20, Int>(repeating: 0)

    init(stamps: UnsafeMutablePointer<UInt64>, queue: UnsafeMutablePointer<UInt32>, capacity: Int) {
        self.stamps = stamps
        self.queue = queue
        self.capacity = capacity
    }

    /// Whether there are as many nodes as an insertion takes, for a worker or for user space (nil).
    func hasEnough(_ domain: Unmanaged<WorkerDomain>, for worker: Int?) -> Bool {
        let missing = 2 - (capacity - used)
        guard missing > 0 else { return true }
        guard waiting >= missing else { return false }
        let last = head + missing - 1
        let stamp = stamps[Int(queue[last < capacity ? last : last - capacity])]
        return domain._withUnsafeGuaranteedRef { $0.hasPassed(stamp) || $0.isOffline(except: worker) }
    }

    /// Of those that `hasEnough` told of.
    mutating func take(_ domain: Unmanaged<WorkerDomain>) -> Int {
        if waiting > 0 {
            let node = Int(queue[head])
            if used == capacity || domain._withUnsafeGuaranteedRef({ $0.hasPassed(stamps[node]) }) {
                head = head + 1 == capacity ? 0 : head + 1
                waiting -= 1
                return node
            }
        }
        used += 1
        return used - 1
    }

    /// No link leads to the node any more; a program may be at it still, or hold its value's address.
    mutating func retire(_ node: Int, _ domain: Unmanaged<WorkerDomain>) {
        stamps[node] = domain._withUnsafeGuaranteedRef { $0.retire() }
        let tail = head + waiting
        queue[tail < capacity ? tail : tail - capacity] = UInt32(node)
        waiting += 1
    }
}
