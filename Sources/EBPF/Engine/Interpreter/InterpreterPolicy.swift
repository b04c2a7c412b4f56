/// What a helper asks of what runs the program.
protocol HelperPolicy {
    /// Whether accesses, helper arguments, map pointers and the depth of calls are checked. Without, the program has been
    /// verified.
    static var checksAccesses: Bool { get }

    /// Runs the function at instruction `entry`, with its arguments in `registers`, r1 to r5, its frame below the one that
    /// r10 has, and the fuel that is in `native.fuel`; the result is r0. Other registers are not kept.
    func callBack(
        _ entry: Int, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Fault
}

/// What an interpreter does beside what instructions mean. Each policy is compiled into an interpreter of its own.
protocol InterpreterPolicy: HelperPolicy {
    /// Whether `willRun` is called before each instruction.
    static var traces: Bool { get }
    func willRun(_ step: InterpreterStep)

    // The generic functions, each in a function of its own for each policy: the compiler inlines into those that are not
    // generic what it leaves as calls in specialised ones.

    /// `Interpreter.run` with this policy.
    func run(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, entry: Int, depth: Int
    ) -> RunResult

    /// `Helpers.call` with this policy.
    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool
}

extension InterpreterPolicy {
    @inline(__always)
    func run(_ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int) -> RunResult {
        run(core, state, fuel: fuel, entry: 0, depth: 0)
    }

    func callBack(
        _ entry: Int, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Fault {
        let result = run(
            core, state, fuel: state.pointee.native.fuel, entry: entry, depth: state.pointee.depth + 1)
        state.pointee.registers[0] = result.value
        return result.fault
    }

    @inline(__always)
    static var traces: Bool { false }
    @inline(__always)
    func willRun(_ step: InterpreterStep) {}
}

/// For programs that nobody has verified, and the reference for what an instruction means.
struct CheckedExecution: InterpreterPolicy {
    @inline(__always)
    static var checksAccesses: Bool { true }

    @inline(never)
    func run(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, entry: Int, depth: Int
    ) -> RunResult {
        Interpreter.run(core, state, fuel: fuel, policy: self, entry: entry, depth: depth)
    }

    @inline(never)
    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        Helpers.call(number, core, state, policy: self)
    }
}

/// For verified programs.
struct UncheckedExecution: InterpreterPolicy {
    @inline(__always)
    static var checksAccesses: Bool { false }

    @inline(never)
    func run(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, entry: Int, depth: Int
    ) -> RunResult {
        Interpreter.run(core, state, fuel: fuel, policy: self, entry: entry, depth: depth)
    }

    @inline(never)
    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        Helpers.call(number, core, state, policy: self)
    }
}

/// Checks all and shows every step: for tests.
struct TracedExecution: InterpreterPolicy {
    let observe: (InterpreterStep) -> Void

    @inline(__always)
    static var checksAccesses: Bool { true }
    @inline(__always)
    static var traces: Bool { true }

    func willRun(_ step: InterpreterStep) { observe(step) }

    @inline(never)
    func run(
        _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>, fuel: Int, entry: Int, depth: Int
    ) -> RunResult {
        Interpreter.run(core, state, fuel: fuel, policy: self, entry: entry, depth: depth)
    }

    @inline(never)
    func callHelper(
        _ number: UInt32, _ core: UnsafePointer<ProgramCore>, _ state: UnsafeMutablePointer<RunState>
    ) -> Bool {
        Helpers.call(number, core, state, policy: self)
    }
}

/// The machine before an instruction. Valid during the call that gets it.
struct InterpreterStep {
    /// Slot of the instruction in the wire form.
    var slot: Int
    /// r0 to r10.
    var registers: UnsafePointer<UInt64>
    /// Calls that the frame is away from the entry function.
    var depth: Int
    var state: UnsafePointer<RunState>
}
