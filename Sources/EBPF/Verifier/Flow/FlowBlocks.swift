/// The instructions of a function in runs that are entered at their first only. A run ends before a jump target, or
/// with `ja` or `exit`; jumps may leave it anywhere.
struct FlowBlocks {
    struct Block {
        var start: Int
        /// One after the last slot.
        var end: Int
    }

    let blocks: [Block]
    /// Blocks with a jump or fall into this one.
    private(set) var predecessors: [[Int32]]
    /// First block first, each before those that only it leads to.
    private(set) var order: [Int] = []
    private let indices: [Int32]
    private let base: Int

    init(_ flow: ControlFlow, _ function: FunctionInfo) {
        var blocks: [Block] = []
        var indices = [Int32](repeating: -1, count: function.end - function.start)
        // Whatever follows `ja` and `exit` is a jump target, or nothing would lead to it.
        for slot in function.start..<function.end {
            if slot == function.start || flow.isJumpTarget[slot] {
                if !blocks.isEmpty { blocks[blocks.count - 1].end = slot }
                indices[slot - function.start] = Int32(blocks.count)
                blocks.append(Block(start: slot, end: function.end))
            }
        }
        self.blocks = blocks
        self.indices = indices
        base = function.start
        predecessors = Array(repeating: [], count: blocks.count)
        var successors = predecessors
        for (index, block) in blocks.enumerated() {
            for slot in block.start..<block.end where flow.operations[slot] != nil {
                let next = flow.successors(of: slot)
                if let jump = next.jump { successors[index].append(Int32(self.index(at: jump))) }
                if let fall = next.next, fall == block.end { successors[index].append(Int32(self.index(at: fall))) }
            }
            for successor in successors[index] { predecessors[Int(successor)].append(Int32(index)) }
        }
        order = Self.order(successors)
    }

    /// Index of the block that starts at `slot`.
    func index(at slot: Int) -> Int { Int(indices[slot - base]) }

    /// Reversed postorder of a depth-first walk.
    private static func order(_ successors: [[Int32]]) -> [Int] {
        var finished: [Int] = []
        var seen = [Bool](repeating: false, count: successors.count)
        var active: [(block: Int, next: Int)] = [(0, 0)]
        seen[0] = true
        while let (block, next) = active.last {
            guard next < successors[block].count else {
                finished.append(block)
                active.removeLast()
                continue
            }
            active[active.count - 1].next += 1
            let successor = Int(successors[block][next])
            if !seen[successor] {
                seen[successor] = true
                active.append((successor, 0))
            }
        }
        return finished.reversed()
    }
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
