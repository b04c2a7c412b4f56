/// The instructions of a function in runs that are entered at their first only. A run ends before a jump target, or
/// with `ja` or `exit`; jumps may leave it anywhere.
struct FlowBlocks {
    struct Block {
        var start: Int
        /// One after the last slot.
        var end: Int
    }

    let blocks: [Block]
    /// Blocks, each before those that only it leads to; the first block first.
    let order: [Int]
    private let predecessorList: EdgeList
    private let indices: [Int32]
    private let base: Int

    init(_ flow: ControlFlow, _ function: FunctionInfo) {
        var blocks: [Block] = []
        var indices = [Int32](repeating: -1, count: function.end - function.start)
        // Whatever follows `ja` and `exit` is a jump target, or nothing would lead to it.
        for slot in function.start..<function.end where slot == function.start || flow.isJumpTarget[slot] {
            if !blocks.isEmpty { blocks[blocks.count - 1].end = slot }
            indices[slot - function.start] = Int32(blocks.count)
            blocks.append(Block(start: slot, end: function.end))
        }
        var edges: [(from: Int32, to: Int32)] = []
        for (index, block) in blocks.enumerated() {
            for slot in block.start..<block.end where flow.operations[slot] != nil {
                let next = flow.successors(of: slot)
                if let jump = next.jump { edges.append((Int32(index), indices[jump - function.start])) }
                if let fall = next.next, fall == block.end {
                    edges.append((Int32(index), indices[fall - function.start]))
                }
            }
        }
        order = Self.order(EdgeList(edges, count: blocks.count))
        predecessorList = EdgeList(edges.map { ($0.to, $0.from) }, count: blocks.count)
        self.blocks = blocks
        self.indices = indices
        base = function.start
    }

    /// Index of the block that starts at `slot`.
    func index(at slot: Int) -> Int { Int(indices[slot - base]) }

    /// Blocks with a jump or fall into this one.
    func predecessors(of block: Int) -> ArraySlice<Int32> { predecessorList[block] }

    /// Reversed postorder of a depth-first walk.
    private static func order(_ successors: EdgeList) -> [Int] {
        var finished: [Int] = []
        var seen = [Bool](repeating: false, count: successors.count)
        var active: [(block: Int, next: Int)] = [(0, successors[0].startIndex)]
        seen[0] = true
        while let (block, next) = active.last {
            let list = successors[block]
            guard next < list.endIndex else {
                finished.append(block)
                active.removeLast()
                continue
            }
            active[active.count - 1].next += 1
            let successor = Int(list[next])
            if !seen[successor] {
                seen[successor] = true
                active.append((successor, successors[successor].startIndex))
            }
        }
        return finished.reversed()
    }
}

/// For each of `count` nodes, the nodes that its edges lead to.
private struct EdgeList {
    private var targets: [Int32]
    /// Where each node's targets begin, and where the last one's end.
    private var starts: [Int32]

    var count: Int { starts.count - 1 }

    init(_ edges: [(from: Int32, to: Int32)], count: Int) {
        starts = Array(repeating: 0, count: count + 1)
        targets = Array(repeating: 0, count: edges.count)
        for edge in edges { starts[Int(edge.from) + 1] += 1 }
        for node in 0..<count { starts[node + 1] += starts[node] }
        var next = starts
        for edge in edges {
            targets[Int(next[Int(edge.from)])] = edge.to
            next[Int(edge.from)] += 1
        }
    }

    subscript(node: Int) -> ArraySlice<Int32> { targets[Int(starts[node])..<Int(starts[node + 1])] }
}

/// Blocks that are still to be looked at, first come, first served; each at most once.
struct BlockQueue {
    private var queue: [Int32]
    private var head = 0
    private var isQueued: [Bool]

    init(count: Int, _ first: some Sequence<Int>) {
        queue = first.map { Int32($0) }
        isQueued = Array(repeating: false, count: count)
        for block in queue { isQueued[Int(block)] = true }
    }

    mutating func append(_ block: Int) {
        guard !isQueued[block] else { return }
        isQueued[block] = true
        queue.append(Int32(block))
    }

    mutating func next() -> Int? {
        guard head < queue.count else { return nil }
        let block = Int(queue[head])
        head += 1
        isQueued[block] = false
        if head > 4096 && head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        return block
    }
}
