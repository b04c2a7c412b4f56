import ISA
import Object

/// Follows every path through a program, with what is known of registers and stack on it, until a flaw is met or each
/// path has ended: at an exit, or where a state that is explored already covers it.
///
/// Depth first; the other sides of branches wait. At every jump target the state is compared with those that were met
/// there before, by what is live. See docs/verifier.md.
final class Explorer {
    let program: ObjectProgram
    let type: ProgramType
    let maps: [MapDescription]
    let options: Verifier.Options
    let flow: ControlFlow
    let liveness: Liveness
    let steps: [Step]
    /// Never forgets what differs between states that meet in one place.
    let isExact: Bool

    let pool = FramePool()
    let explored: ExploredStates
    var state: State
    /// Of the top frame.
    var registers: UnsafeMutablePointer<Register>
    var slot = 0
    var pathHasEnded = false
    var node = ExploredStates.noNode
    private var pending: [Pending] = []
    var writer = SnapshotWriter()
    var history = History()
    var place = History.start
    /// Slots to follow, where one path alone is of interest.
    private(set) var replay: [Int]?
    private var replayed = 0
    var observer: Observer?
    var log: Log?

    var facts = Verifier.Facts()
    var statistics = Verifier.Statistics()
    /// Whether something that was known has been forgotten, so that a rejection may be the verifier's own fault.
    var hasForgotten = false
    var stackDepths: [Int]
    /// What has become of each instruction so far.
    var outcomes: [Verifier.Outcomes]
    /// Of each slot that accesses memory: whether it is the context's, once it was met.
    var contextAccess: [ContextAccess]
    /// A path that is followed again went into a callback.
    var pathTookCallback = false
    /// What the latest rejection is about.
    var failing = Failing(registers: [], stackByte: nil, frame: 0)
    var visits: [UInt32]
    private var nextID = SnapshotWriter.firstFreeID
    let cpuStart: UInt64

    /// Told of every instruction that is explored, ahead of it.
    typealias Observer = (_ slot: Int, _ state: State) -> Void

    private struct Pending {
        var state: State
        var slot: Int
        var node: Int32
        var place: Int32
    }

    enum ContextAccess: UInt8 {
        case unseen, context, other
    }

    init(
        _ program: ObjectProgram, type: ProgramType, maps: [MapDescription], options: Verifier.Options,
        flow: ControlFlow, liveness: Liveness, steps: [Step], isExact: Bool, cpuStart: UInt64
    ) {
        self.program = program
        self.type = type
        self.maps = maps
        self.options = options
        self.flow = flow
        self.liveness = liveness
        self.steps = steps
        self.isExact = isExact
        self.cpuStart = cpuStart
        // Calls that run callbacks keep their states apart.
        explored = ExploredStates(places: program.instructions.count * 2)
        state = State(pool: pool)
        registers = state.top.registers
        stackDepths = Array(repeating: 0, count: flow.functions.count)
        contextAccess = Array(repeating: .unseen, count: program.instructions.count)
        outcomes = Array(repeating: [], count: program.instructions.count)
        visits = Array(repeating: 0, count: program.instructions.count)
        setArguments()
    }

    /// Id of the number that is the memory's length, for `ProgramType.memory`.
    static let memoryLength: UInt32 = 1

    private func setArguments() {
        guard type == .memory else {
            registers[1] = Register(.context)
            return
        }
        registers[1] = Register(.packet)
        if let bytes = options.memoryBytes {
            registers[1].range = UInt32(clamping: bytes)
            registers[2] = Register(constant: UInt64(bytes))
        } else {
            registers[2] = Register(scalar: Scalar.unsigned(bits: 32))
            registers[2].id = Self.memoryLength
        }
    }

    func newID() -> UInt32 {
        nextID &+= 1
        return nextID
    }

    /// Explores everything.
    func run() throws(Rejection) {
        while true {
            try followPath()
            explored.finish(node)
            state.release(to: pool)
            guard let next = pending.popLast() else {
                facts.outcomes = outcomes
                return
            }
            state = next.state
            registers = state.top.registers
            slot = next.slot
            node = next.node
            place = next.place
            log?.resume(at: slot, frame: state.frames.count - 1)
        }
    }

    private func followPath() throws(Rejection) {
        pathHasEnded = false
        while true {
            if flow.isJumpTarget[slot], try !arrive() { return }
            statistics.instructionsExplored += 1
            visits[slot] &+= 1
            outcomes[slot].insert(.reached)
            try checkLimits()
            place = history.append(slot, after: place)
            observer?(slot, state)
            log?.note(slot, self)
            try step()
            if pathHasEnded { return }
        }
    }

    /// Explores along `path` alone, telling `body` of each place before its instruction is taken and after the last.
    func follow(_ path: [Int], _ body: (_ index: Int) -> Void) {
        replay = path
        do throws(Rejection) {
            for index in path.indices {
                guard path[index] == slot, !pathHasEnded else { break }
                body(index)
                replayed = index
                try step()
            }
        } catch {}
        for other in pending { other.state.release(to: pool) }
        pending = []
        state.release(to: pool)
    }

    /// Leaves a copy of the state to be explored from `slot` on.
    func push(slot: Int, _ change: (inout State) throws(Rejection) -> Void = { _ in }) throws(Rejection) {
        var copy = state.copy(in: pool)
        do throws(Rejection) {
            try change(&copy)
        } catch {
            copy.release(to: pool)
            throw error
        }
        try wait(copy, slot: slot)
    }

    /// Leaves a state to be explored from `slot` on.
    func wait(_ other: State, slot: Int) throws(Rejection) {
        guard replay == nil else { return other.release(to: pool) }
        if pending.count >= options.limits.pendingBranches {
            other.release(to: pool)
            throw tooComplex("more than \(options.limits.pendingBranches) branches wait to be explored")
        }
        pending.append(Pending(state: other, slot: slot, node: node, place: place))
        explored.branch(from: node)
    }

    /// Where only one path is followed: whether it goes to `slot` next.
    func replayTakes(_ slot: Int) -> Bool? {
        guard let replay, replayed + 1 < replay.count else { return nil }
        return replay[replayed + 1] == slot
    }
}
