import Glibc
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
    private var node = ExploredStates.noNode
    private var pending: [Pending] = []
    private var writer = SnapshotWriter()
    var history = History()
    var place = History.start
    /// Slots to follow, where one path alone is of interest.
    private var replay: [Int]?
    private var replayed = 0
    var observer: Observer?
    var log: Log?

    var facts = Verifier.Facts()
    var statistics = Verifier.Statistics()
    /// Whether something that was known has been forgotten, so that a rejection may be the verifier's own fault.
    private(set) var hasForgotten = false
    var stackDepths: [Int]
    /// What has become of each instruction so far.
    var outcomes: [Verifier.Outcomes]
    /// Of each slot that accesses memory: whether it is the context's, once it was met.
    var contextAccess: [ContextAccess]
    /// A path that is followed again went into a callback.
    var pathTookCallback = false
    /// What the latest rejection is about.
    var failing = Failing(registers: [], stackByte: nil, frame: 0)
    private var visits: [UInt32]
    private var nextID = SnapshotWriter.firstFreeID
    private let cpuStart: UInt64

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

    /// Complete states at one place from which on differences between numbers are forgotten.
    private static let crowd = 24

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

// MARK: - Meeting states

extension Explorer {
    /// False: what follows is known to be safe, and the path ends. `isCallback`: the place is a call that runs a callback
    /// again and again, where an ancestor may stand for what comes after it.
    func arrive(isCallback: Bool = false, widens: Bool = false) throws(Rejection) -> Bool {
        guard replay == nil else { return true }
        let key = isCallback ? slot + steps.count : slot
        var masks = snapshot()
        if isCallback, widens, let before = explored.newest(at: key, head: writer.words[0], parent: node) {
            if forgetDifferences(from: before, .everything) { masks = snapshot() }
        }
        var hash = Self.hash(writer.words)
        switch explored.look(
            for: writer.words, hash: hash, at: key, masks: masks, callbackRuns: state.callbackRuns,
            parent: node, ancestorsCover: isCallback)
        {
        case .covered: return endCovered()
        case .repeated:
            if PlantedFlaw.isPlanted(.endlessLoop) { return endCovered() }
            throw infiniteLoop()
        case .unseen: break
        }
        if !isExact, let crowd = explored.crowd(at: key, head: writer.words[0], count: Self.crowd),
            forgetDifferences(from: crowd, explored.completeCount(at: key) > Self.crowd ? .rounding : .difference)
        {
            masks = snapshot()
            hash = Self.hash(writer.words)
            switch explored.look(
                for: writer.words, hash: hash, at: key, masks: masks, callbackRuns: state.callbackRuns,
                parent: node, ancestorsCover: isCallback)
            {
            case .covered: return endCovered()
            case .repeated:
                if PlantedFlaw.isPlanted(.endlessLoop) { return endCovered() }
                throw infiniteLoop()
            case .unseen: break
            }
        }
        node = explored.store(writer.words, hash: hash, at: key, parent: node, callbackRuns: state.callbackRuns)
        statistics.statesStored += 1
        return true
    }

    private func endCovered() -> Bool {
        statistics.statesPruned += 1
        log?.write("covered by a state that was explored before")
        pathHasEnded = true
        return false
    }

    private func snapshot() -> ExploredStates.Masks {
        writer.write(state, at: slot, liveness)
        return state.frames.indices.map { SnapshotWriter.live(state, $0, slot, liveness) }
    }

    private static func hash(_ words: ContiguousArray<UInt64>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for word in words {
            let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.high ^ product.low
        }
        return hash
    }

    /// Forgets of the live numbers what tells them from those of `snapshot`, which is of this place.
    private func forgetDifferences(from snapshot: UnsafeBufferPointer<UInt64>, _ degree: Forgetting) -> Bool {
        guard let words = snapshot.baseAddress, words[0] == writer.words[0] else { return false }
        var changed = false
        var position = 1 + state.references.count + (state.lock == nil ? 0 : 1)
        func compare(_ known: UnsafeMutablePointer<Register>) {
            let old = SnapshotRegister.decode(words, &position)
            guard old.isScalar, known.pointee.isScalar, !known.pointee.isPointerBits,
                !old.number.covers(known.pointee.number), known.pointee.id != Self.memoryLength
            else { return }
            known.pointee = Register(scalar: degree.apply(old.number, known.pointee.number))
            changed = true
        }
        for depth in state.frames.indices {
            let frame = state.frames[depth]
            let live = SnapshotWriter.live(state, depth, slot, liveness)
            // Another chain of calls has another layout.
            guard
                words[position] == UInt64(frame.callSite) | UInt64(frame.function) << 24
                    | UInt64(frame.callback.rawValue) << 48
            else { return changed }
            position += 2
            for register in 0..<10 where live.registers & 1 << register != 0 { compare(frame.registers + register) }
            var stack = live.stack
            while stack != 0 {
                let index = stack.trailingZeroBitCount
                stack &= stack - 1
                var before = StackSlot()
                before.bytes = words[position]
                position += 1
                if before.spillSize > 0 { before.spill = SnapshotRegister.decode(words, &position) }
                if index < frame.slotCount, frame.slots[index].forgetNumber(unlike: before, degree) {
                    changed = true
                }
            }
        }
        if changed { hasForgotten = true }
        return changed
    }
}

// MARK: - Limits

extension Explorer {
    private func checkLimits() throws(Rejection) {
        let limits = options.limits
        if statistics.instructionsExplored > limits.instructions {
            throw tooComplex("more than \(limits.instructions) instructions were explored")
        }
        guard statistics.instructionsExplored & 0xFF == 0 else { return }
        let bytes = explored.bytes + pool.bytesInUse
        statistics.peakStateBytes = max(statistics.peakStateBytes, bytes)
        if bytes > limits.stateBytes {
            throw tooComplex("the states to be kept take more than \(limits.stateBytes >> 20) MiB")
        }
        if Self.threadNanoseconds() &- cpuStart > UInt64(limits.cpuMilliseconds) * 1_000_000 {
            throw reject(
                .timeLimit, "the verification took more than \(limits.cpuMilliseconds) ms of CPU time",
                hint: "try again when the machine is less busy, or make the program simpler")
        }
    }

    /// CPU time that the calling thread has had.
    static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    func tooComplex(_ what: String) -> Rejection {
        let hottest = flow.isLoopHead.indices.filter { flow.isLoopHead[$0] }.max { visits[$0] < visits[$1] }
        guard let hottest, visits[hottest] > 1 else {
            return reject(.tooComplex, what, hint: "split the program, or keep fewer values alive over branches")
        }
        return reject(
            .tooComplex,
            what + "; the hottest loop begins at instruction \(hottest), explored \(visits[hottest]) times",
            hint: "bound the loop more tightly, or move its body into a bpf_loop callback", hottest: hottest)
    }

    private func infiniteLoop() -> Rejection {
        reject(
            .infiniteLoop, "the loop comes back to where it was with nothing changed: it may never end",
            hint: "let a counter that changes in every turn decide when the loop ends")
    }
}

extension Frame {
    /// The spilled register of a slot.
    func spill(_ index: Int) -> UnsafeMutablePointer<Register> {
        (UnsafeMutableRawPointer(slots + index) + MemoryLayout<StackSlot>.offset(of: \StackSlot.spill).unsafelyUnwrapped)
            .assumingMemoryBound(to: Register.self)
    }
}
