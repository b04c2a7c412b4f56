/// The states that have been met at each jump target, and which of them are explored to their end.
///
/// A state is complete when every path from it has ended; until then it is an ancestor of the path that is being
/// explored, for the other side of a branch is taken up last in, first out.
final class ExploredStates {
    private struct Node {
        var parent: Int32
        /// Paths from this state that have not ended.
        var open: Int32 = 1
        var place: Int32
        /// Runs of callbacks on the path to it.
        var callbackRuns: UInt32
        var words: UnsafeMutablePointer<UInt64>
        var count: Int
        var hash: UInt64
        var hits: UInt32 = 0
        /// Comparisons in which it did not cover the other state.
        var misses: UInt32 = 0

        /// Whether it is not worth being compared with. Linux has such a rule, too.
        var isIdle: Bool { misses > hits * 8 + 64 }
    }

    enum Outcome {
        /// A complete state covers this one: there is nothing to be learnt.
        case covered
        /// An ancestor is the same: the program comes back to where it was.
        case repeated
        /// New.
        case unseen
    }

    static let noNode: Int32 = -1

    private var nodes: ContiguousArray<Node> = []
    /// Complete states by place, in the order in which they became so.
    private var complete: [ContiguousArray<Int32>]
    /// The latest ancestor with a hash and place.
    private var ancestors: [UInt64: Int32] = [:]
    private var cover = SnapshotCover()
    private(set) var bytes = 0
    /// Words of states that were stored and compared, the same for the same program on every machine.
    private(set) var words = 0

    /// Complete states kept at one place; of more, the older ones that have covered least go.
    private static let mostComplete = 192
    /// Ancestors that are looked at where one will do, and how far back.
    private static let mostAncestors = 32
    private static let furthestAncestor = 4096

    /// `places`: jump targets, and calls that run callbacks.
    init(places: Int) {
        complete = Array(repeating: [], count: places)
    }

    deinit {
        for node in nodes where node.count > 0 { node.words.deallocate() }
    }

    typealias Masks = [(registers: UInt16, stack: UInt64)]

    /// Looks for a state that stands for `words`, on a path from `parent`.
    ///
    /// - Parameters:
    ///   - callbackRuns: how often the path has entered a callback; a state of another turn is none of the same loop.
    ///   - ancestorsCover: a state whose exploration has not ended will do.
    func look(
        for words: ContiguousArray<UInt64>, hash: UInt64, at place: Int, masks: Masks, callbackRuns: UInt32,
        parent: Int32, ancestorsCover: Bool
    ) -> Outcome {
        words.withUnsafeBufferPointer { new in
            var hasIdle = false
            for index in complete[place].reversed() {
                if isCovered(new, hash, by: index, masks) { return .covered }
                nodes[Int(index)].misses += 1
                hasIdle = hasIdle || nodes[Int(index)].isIdle
            }
            if hasIdle { removeIdle(place) }
            if ancestorsCover {
                return isCoveredByAncestor(new, hash, at: place, masks, parent) ? .covered : .unseen
            }
            if let node = ancestors[Self.key(hash, place)].map({ nodes[Int($0)] }), node.callbackRuns == callbackRuns,
                isSame(new, hash, node)
            {
                return .repeated
            }
            return .unseen
        }
    }

    private static func key(_ hash: UInt64, _ place: Int) -> UInt64 {
        hash ^ UInt64(place) &* 0x9E37_79B9_7F4A_7C15
    }

    private func isCovered(
        _ new: UnsafeBufferPointer<UInt64>, _ hash: UInt64, by index: Int32, _ masks: Masks
    ) -> Bool {
        let node = nodes[Int(index)]
        if !isSame(new, hash, node) {
            let covers = cover.covers(
                node.words, node.count, new.baseAddress.unsafelyUnwrapped, new.count, masks: masks)
            words += cover.reached
            guard covers else { return false }
        }
        nodes[Int(index)].hits += 1
        return true
    }

    private func isCoveredByAncestor(
        _ new: UnsafeBufferPointer<UInt64>, _ hash: UInt64, at place: Int, _ masks: Masks, _ parent: Int32
    ) -> Bool {
        var at = parent
        var found = 0
        for _ in 0..<Self.furthestAncestor where at >= 0 && found < Self.mostAncestors {
            if nodes[Int(at)].place == place {
                if isCovered(new, hash, by: at, masks) { return true }
                found += 1
            }
            at = nodes[Int(at)].parent
        }
        return false
    }

    private func isSame(_ new: UnsafeBufferPointer<UInt64>, _ hash: UInt64, _ node: Node) -> Bool {
        guard node.hash == hash, node.count == new.count else { return false }
        for index in 0..<node.count where node.words[index] != new[index] { return false }
        return true
    }

    /// Keeps the state, as a child of `parent`.
    func store(
        _ words: ContiguousArray<UInt64>, hash: UInt64, at place: Int, parent: Int32, callbackRuns: UInt32
    ) -> Int32 {
        let copy = UnsafeMutablePointer<UInt64>.allocate(capacity: words.count)
        words.withUnsafeBufferPointer { copy.initialize(from: $0.baseAddress.unsafelyUnwrapped, count: words.count) }
        let index = Int32(nodes.count)
        nodes.append(
            Node(
                parent: parent, place: Int32(place), callbackRuns: callbackRuns, words: copy, count: words.count,
                hash: hash))
        ancestors[Self.key(hash, place)] = index
        bytes += words.count * 8 + MemoryLayout<Node>.stride
        self.words += words.count
        return index
    }

    /// Another path goes out from `node`.
    func branch(from node: Int32) {
        if node >= 0 { nodes[Int(node)].open += 1 }
    }

    /// A path from `node` has ended.
    func finish(_ node: Int32) {
        var at = node
        while at >= 0 {
            nodes[Int(at)].open -= 1
            guard nodes[Int(at)].open == 0 else { return }
            becomeComplete(at)
            at = nodes[Int(at)].parent
        }
    }

    private func becomeComplete(_ index: Int32) {
        let node = nodes[Int(index)]
        let key = Self.key(node.hash, Int(node.place))
        if ancestors[key] == index { ancestors[key] = nil }
        complete[Int(node.place)].append(index)
        if complete[Int(node.place)].count > Self.mostComplete { thin(Int(node.place)) }
    }

    private func removeIdle(_ place: Int) {
        complete[place].removeAll { index in
            guard nodes[Int(index)].isIdle else { return false }
            forget(index)
            return true
        }
    }

    private func thin(_ place: Int) {
        let list = complete[place]
        var kept = ContiguousArray<Int32>()
        for (position, index) in list.enumerated() {
            let node = nodes[Int(index)]
            // The newer half stays, and of the older what has covered something, once more.
            if position >= list.count / 2 || node.hits > 0 {
                kept.append(index)
                nodes[Int(index)].hits = node.hits / 2
            } else {
                forget(index)
            }
        }
        if kept.count > Self.mostComplete {
            for index in kept.prefix(kept.count - Self.mostComplete) { forget(index) }
            kept.removeFirst(kept.count - Self.mostComplete)
        }
        complete[place] = kept
    }

    private func forget(_ index: Int32) {
        let node = nodes[Int(index)]
        node.words.deallocate()
        bytes -= node.count * 8
        nodes[Int(index)].count = 0
    }

    /// The newest complete state at `place` with this head, where there are at least `count` complete ones.
    func crowd(at place: Int, head: UInt64, count: Int) -> UnsafeBufferPointer<UInt64>? {
        guard complete[place].count >= count else { return nil }
        for index in complete[place].reversed() where nodes[Int(index)].words[0] == head {
            return UnsafeBufferPointer(start: nodes[Int(index)].words, count: nodes[Int(index)].count)
        }
        return nil
    }

    func completeCount(at place: Int) -> Int { complete[place].count }

    /// The newest state at `place` with this head on the way to `parent`, or the newest complete one.
    func newest(at place: Int, head: UInt64, parent: Int32) -> UnsafeBufferPointer<UInt64>? {
        var at = parent
        for _ in 0..<Self.furthestAncestor where at >= 0 {
            let node = nodes[Int(at)]
            if node.place == place, node.count > 0, node.words[0] == head {
                return UnsafeBufferPointer(start: node.words, count: node.count)
            }
            at = node.parent
        }
        return crowd(at: place, head: head, count: 1)
    }
}
