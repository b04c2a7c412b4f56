import Object

/// One run of a program for the run of another, which has gone on with it. Worker only.
struct NestedRun {
    let core: UnsafeMutablePointer<ProgramCore>
    let frame: UnsafeMutablePointer<FrameContext>
    let state: UnsafeMutablePointer<RunState>

    init(_ core: UnsafeMutablePointer<ProgramCore>, _ frame: UnsafeMutablePointer<FrameContext>, slot: Int) {
        self.core = core
        self.frame = frame
        state = core.pointee.states + slot
    }

    /// The end of the stack: below the frames that are still needed, where the program is running already.
    private func stackTop(below caller: UnsafeMutablePointer<RunState>) -> UInt {
        state == caller ? UInt(caller.pointee.registers[10]) : state.pointee.native.stackTop
    }

    /// Whether there are as many frames left on the stack as a program may have.
    func hasRoom(below caller: UnsafeMutablePointer<RunState>) -> Bool {
        let most = UInt(RunState.stackBytes * RunState.maxFrames)
        return stackTop(below: caller) - UInt(bitPattern: state.pointee.stack) >= most
    }

    /// - Parameter caller: the state of the program that goes on with this one: fuel and tail calls of the run, r10 in
    ///   `registers`.
    func run(for caller: UnsafeMutablePointer<RunState>) -> RunResult {
        let isVale = core.pointee.type == .vale
        if isVale { frame.pointee.ring = caller.pointee.context.load(fromByteOffset: ValeContext.ring, as: UInt8.self) }
        let redirect = frame.pointee.redirect
        let fuel = caller.pointee.native.fuel
        let tailCalls = caller.pointee.native.tailCalls

        let top = stackTop(below: caller)
        let callerTop = caller.pointee.native.stackTop
        let code = code(fuel: fuel)
        let saved = (native: state.pointee.native, deadlineNs: state.pointee.deadline.ns)
        // Where the caller runs this very program, here or further out, its state is in use.
        let isShared = state.pointee.isSuspended || state == caller
        let wasSuspended = caller.pointee.isSuspended
        caller.pointee.isSuspended = true
        // What a program of the chain that this one is in again calls lies below the frames of whoever went on.
        caller.pointee.native.stackTop = UInt(caller.pointee.registers[10])
        state.pointee.native.stackTop = top
        state.pointee.native.tailCalls = tailCalls
        state.pointee.deadline.ns = caller.pointee.deadline.ns

        let (result, left) =
            if let code {
                runNative(code, fuel: fuel, tailCalls: tailCalls)
            } else {
                isShared ? interpretAside(fuel, tailCalls) : interpret(fuel, tailCalls)
            }

        if state.pointee.reservations.count > 0 { state.pointee.reservations.discardAll() }
        let count = state.pointee.native.tailCalls
        state.pointee.native = saved.native
        state.pointee.deadline.ns = saved.deadlineNs
        caller.pointee.isSuspended = wasSuspended
        caller.pointee.native.stackTop = callerTop
        caller.pointee.native.tailCalls = count
        caller.pointee.native.fuel = fuel
        caller.pointee.helperCost = Helpers.baseCost + max(fuel - left, 0)

        if frame.pointee.redirect.kind == .none { frame.pointee.redirect = redirect }
        if isVale {
            caller.pointee.context.storeBytes(
                of: UInt32(frame.pointee.ring), toByteOffset: ValeContext.ring, as: UInt32.self)
        } else {
            caller.pointee.noteMoved(frame)
        }
        return result
    }

    /// The native code, where there is some that can run with so much fuel: code that counts none takes its most.
    private func code(fuel: Int) -> NativeCode.Entry? {
        guard NativeCode.takesFuel, core.pointee.nativeFuel ?? 0 <= fuel else { return nil }
        return core.pointee.native
    }

    /// The result, and the fuel that is left.
    private func interpret(_ fuel: Int, _ tailCalls: Int) -> (RunResult, Int) {
        Executable(core: core).enter(frame, state)
        state.pointee.native.tailCalls = tailCalls
        let result =
            core.pointee.checksAccesses
            ? CheckedExecution().run(core, state, fuel: fuel) : UncheckedExecution().run(core, state, fuel: fuel)
        // A verified program that ends by itself holds none.
        if result.fault != .none || core.pointee.checksAccesses { state.pointee.releaseLock() }
        if core.pointee.type == .vale {
            frame.pointee.ring = state.pointee.context.load(fromByteOffset: ValeContext.ring, as: UInt8.self)
        }
        return (result, state.pointee.native.fuel)
    }

    /// While calls of the same program wait.
    @inline(never)
    private func interpretAside(_ fuel: Int, _ tailCalls: Int) -> (RunResult, Int) {
        let calls = CallFrames(state.pointee.calls)
        defer { calls.restore(state.pointee.calls) }
        return interpret(fuel, tailCalls)
    }

    private func runNative(_ native: NativeCode.Entry, fuel: Int, tailCalls: Int) -> (RunResult, Int) {
        state.pointee.native.firstFuel = fuel
        state.pointee.native.firstTailCalls = tailCalls
        var result = RunResult()
        native(state, frame, 1, &result)
        if result.fault != .none {
            // It counts for the program that the run began with.
            state.pointee.faults[Int(result.fault.rawValue)] &-= 1
        }
        return (result, core.pointee.nativeFuel.map { fuel - $0 } ?? state.pointee.native.fuel)
    }

    /// A copy of the frames that calls have left.
    private struct CallFrames {
        private var frames = InlineArray<8, CallFrame>(repeating: CallFrame())

        init(_ calls: UnsafeMutablePointer<CallFrame>) {
            for index in 0..<RunState.maxFrames { frames[index] = calls[index] }
        }

        func restore(_ calls: UnsafeMutablePointer<CallFrame>) {
            for index in 0..<RunState.maxFrames { calls[index] = frames[index] }
        }
    }
}
