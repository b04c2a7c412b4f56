/// The instructions of one run, in the order in which they ran.
public struct InstructionTrace: Sendable {
    public struct Step: Hashable, Sendable {
        /// Slot of the instruction in the wire form.
        public var slot: Int
        /// Calls that the frame is away from the entry function.
        public var depth: Int
        /// Registers that it changed, by number: their values behind it.
        public var changes: [Int: UInt64]
    }

    public private(set) var steps: [Step] = []
    /// Whether there were more than `limit`.
    public private(set) var isCut = false
    private let limit: Int
    private var before = [UInt64](repeating: 0, count: 11)

    init(limit: Int) { self.limit = limit }

    mutating func add(_ step: InterpreterStep) {
        guard !isCut else { return }
        finish(step.registers)
        guard steps.count < limit else {
            isCut = true
            return
        }
        steps.append(Step(slot: step.slot, depth: step.depth, changes: [:]))
    }

    /// The last instruction has run.
    mutating func finish(_ registers: UnsafePointer<UInt64>) {
        guard !isCut else { return }
        for number in 0..<before.count where registers[number] != before[number] {
            before[number] = registers[number]
            if !steps.isEmpty { steps[steps.count - 1].changes[number] = registers[number] }
        }
    }
}

extension FrameRun {
    /// Runs once, by the interpreter, and tells each instruction.
    ///
    /// - Parameters:
    ///   - limit: instructions to tell; the run goes on behind them.
    ///   - deadline: of `clinux_monotonic_ns`; the run ends with it.
    /// - Precondition: the program's accesses are checked as it runs.
    public func trace(
        _ frame: [UInt8], limit: Int, deadline: UInt64 = .max
    ) -> (outcome: Outcome, trace: InstructionTrace) {
        let executable = program.executable
        precondition(executable.core.pointee.checksAccesses)
        let trace = TraceCollector(limit: limit)
        let policy = TracedExecution { trace.trace.add($0) }
        let outcome = run(frame, repetitions: 1, deadline: deadline) { contexts, count, results in
            executable.run(contexts, count: count, results: results, slot: slot, policy: policy)
        }
        trace.trace.finish(executable.core.pointee.states[slot].registers)
        return (outcome, trace.trace)
    }
}

private final class TraceCollector {
    var trace: InstructionTrace
    init(limit: Int) { trace = InstructionTrace(limit: limit) }
}
