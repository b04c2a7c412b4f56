/// Hands out a trie's nodes. Under the map's lock only.
///
/// Retired nodes wait in a queue. The oldest is used again when every worker has passed a quiescent point since, or
/// when there is no node left that was never used.
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

    /// There always is one: there are more nodes than `maxEntries` elements need.
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
