import ISA

/// Works out the liveness of one function: first forward, where addresses of its stack are, then backward, what is read.
struct FunctionLiveness {
    private let instructions: [Instruction]
    private let flow: ControlFlow
    private let function: FunctionInfo
    private let blocks: FlowBlocks
    /// Instructions that may be looked at.
    private let visits: Int
    /// What the instructions do with the stack. Nil: too much to work out.
    private var effects: [StackEffect]?
    /// Calls that may read the stack while they are active.
    private(set) var escaping: Set<Int> = []

    init(
        _ instructions: [Instruction], _ flow: ControlFlow, _ function: FunctionInfo, _ maps: [MapDescription],
        _ mostVisits: Int
    ) {
        self.instructions = instructions
        self.flow = flow
        self.function = function
        blocks = FlowBlocks(flow, function)
        // Real programs need fewer than 10 times what they have.
        let count = function.end - function.start
        visits = min(mostVisits, 40 * count + 1000, count + 1_000_000)
        guard let starts = addresses(maps) else {
            for reference in function.references { escaping.insert(reference.slot) }
            for slot in function.start..<function.end {
                if flow.operations[slot] == .callHelper { escaping.insert(slot) }
            }
            return
        }
        recordEffects(starts, maps)
    }

    /// What registers hold before each block; nil where that takes too long to find.
    private func addresses(_ maps: [MapDescription]) -> [StackAddresses?]? {
        var starts = [StackAddresses?](repeating: nil, count: blocks.blocks.count)
        starts[0] = StackAddresses()
        var queue = BlockQueue(count: starts.count, [0])
        var budget = visits
        while let index = queue.next() {
            let block = blocks.blocks[index]
            budget -= block.end - block.start
            guard budget > 0, var state = starts[index] else { return nil }
            func reach(_ slot: Int) {
                let target = blocks.index(at: slot)
                // As much work as so many instructions.
                budget -= 1 + state.spills.count / 4
                if starts[target] == nil {
                    starts[target] = state
                    queue.append(target)
                } else if starts[target]?.join(state) == true {
                    queue.append(target)
                }
            }
            for slot in block.start..<block.end {
                guard let operation = flow.operations[slot] else { continue }
                _ = state.run(operation, instructions[slot], upper: upper(slot), maps: maps)
                let successors = flow.successors(of: slot)
                if let jump = successors.jump { reach(jump) }
                if let next = successors.next, next == block.end { reach(next) }
            }
        }
        return starts
    }

    /// `imm` of the second slot of an `LDDW`.
    private func upper(_ slot: Int) -> Int32 { flow.operations[slot] == .lddw ? instructions[slot + 1].imm : 0 }

    private mutating func recordEffects(_ starts: [StackAddresses?], _ maps: [MapDescription]) {
        var effects = [StackEffect](repeating: .none, count: function.end - function.start)
        for (index, block) in blocks.blocks.enumerated() {
            guard var state = starts[index] else { continue }
            for slot in block.start..<block.end {
                guard let operation = flow.operations[slot] else { continue }
                let effect = state.run(operation, instructions[slot], upper: upper(slot), maps: maps)
                if effect == .escape { escaping.insert(slot) }
                effects[slot - function.start] = effect
            }
        }
        self.effects = effects
    }

    private struct Live: Equatable {
        var registers: UInt16 = 0
        var stack = StackBytes.none

        static let all = Live(registers: RegisterUse.all, stack: .all)
        static func | (a: Live, b: Live) -> Live {
            var stack = a.stack
            stack.formUnion(b.stack)
            return Live(registers: a.registers | b.registers, stack: stack)
        }
    }

    /// What is live before each slot. `argumentsRead`: r1 to r5, as far as the function of an index reads them.
    func solve(argumentsRead: (Int) -> UInt16) -> (registers: [UInt16], stack: [UInt64]) {
        let uses = (function.start..<function.end).map { slot in
            guard let operation = flow.operations[slot] else { return RegisterUse(reads: 0, writes: 0) }
            return RegisterUse(
                operation, instructions[slot], calleeReads: calleeReads(operation, slot, argumentsRead))
        }
        var starts = [Live](repeating: Live(), count: blocks.blocks.count)
        var queue = BlockQueue(count: starts.count, blocks.order.reversed())
        var budget = visits
        while let index = queue.next() {
            let block = blocks.blocks[index]
            budget -= block.end - block.start
            guard budget > 0 else {
                starts = Array(repeating: .all, count: starts.count)
                break
            }
            var live = Live()
            walk(block, starts, uses, &live) { _, _ in }
            guard live != starts[index] else { continue }
            starts[index] = live
            for predecessor in blocks.predecessors(of: index) { queue.append(Int(predecessor)) }
        }
        var registers = [UInt16](repeating: 0, count: function.end - function.start)
        var stack = [UInt64](repeating: 0, count: function.end - function.start)
        for block in blocks.blocks {
            var live = Live()
            walk(block, starts, uses, &live) { slot, live in
                registers[slot - function.start] = live.registers
                stack[slot - function.start] = live.stack.slots
            }
        }
        return (registers, stack)
    }

    /// Goes through a block backward.
    private func walk(
        _ block: FlowBlocks.Block, _ starts: [Live], _ uses: [RegisterUse], _ live: inout Live,
        visit: (Int, Live) -> Void
    ) {
        for slot in (block.start..<block.end).reversed() {
            guard flow.operations[slot] != nil else { continue }
            let successors = flow.successors(of: slot)
            if let next = successors.next {
                if next == block.end { live = starts[blocks.index(at: next)] }
            } else {
                live = Live()
            }
            if let jump = successors.jump { live = live | starts[blocks.index(at: jump)] }
            let use = uses[slot - function.start]
            live.registers = live.registers & ~use.writes | use.reads
            if let effects {
                effects[slot - function.start].apply(to: &live.stack)
            } else {
                live.stack = .all
            }
            visit(slot, live)
        }
    }

    private func calleeReads(_ operation: Operation, _ slot: Int, _ argumentsRead: (Int) -> UInt16) -> UInt16 {
        switch operation {
        case .callLocal: flow.reference(at: slot).map(argumentsRead) ?? RegisterUse.arguments
        case .callHelper:
            HelperTable.prototype(UInt32(bitPattern: instructions[slot].imm))?.registersRead ?? RegisterUse.arguments
        default: RegisterUse.arguments
        }
    }
}
