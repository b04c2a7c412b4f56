import Object

/// A program as workers hold it: a pointer, no reference counts. Valid while its `Program` lives.
public struct Executable: @unchecked Sendable {
    let core: UnsafeMutablePointer<ProgramCore>

    /// Runs the program on `count` frames. Hot path; one thread at a time for each `slot`.
    ///
    /// Each run that ends without fuel halves what the runs after it in this burst get, so that a burst takes no longer
    /// than about two such runs. The next burst begins with what was left, or with twice as much where no run ended so: a
    /// program that never ends costs a worker ever less.
    ///
    /// - Parameters:
    ///   - contexts: `count` frames; `ring` is the egress ring afterwards.
    ///   - results: room for `count` results.
    ///   - slot: the worker's number, or the domain's spare slot.
    public func run(
        _ contexts: UnsafeMutablePointer<FrameContext>, count: Int, results: UnsafeMutablePointer<RunResult>, slot: Int
    ) {
        if let native = core.pointee.native {
            guard count > 0 else { return }
            let state = core.pointee.states + slot
            native(state, contexts, count, results)
            if NativeCode.takesFuel, core.pointee.nativeFuel == nil {
                state.pointee.native.carryFuel(state.pointee.native.fuelLimit, most: core.pointee.fuel)
            }
            state.pointee.runs &+= UInt64(count)
            if state.pointee.reservations.count > 0 { state.pointee.reservations.discardAll() }
        } else if core.pointee.checksAccesses {
            run(contexts, count: count, results: results, slot: slot, policy: CheckedExecution())
        } else {
            run(contexts, count: count, results: results, slot: slot, policy: UncheckedExecution())
        }
    }

    @inline(__always)
    func run<Policy: InterpreterPolicy>(
        _ contexts: UnsafeMutablePointer<FrameContext>, count: Int, results: UnsafeMutablePointer<RunResult>, slot: Int,
        policy: Policy
    ) {
        let state = core.pointee.states + slot
        let context = state.pointee.context
        let isVale = core.pointee.type == .vale
        var fuel = state.pointee.native.firstFuel
        for index in 0..<count {
            let frame = contexts + index
            enter(frame, state)
            state.pointee.native.tailCalls = 0
            let result = policy.run(core, state, fuel: fuel)
            results[index] = result
            // A verified program that ends by itself holds none.
            if result.fault != .none || Policy.checksAccesses { state.pointee.releaseLock() }
            if result.fault != .none {
                state.pointee.faults[Int(result.fault.rawValue)] &+= 1
                if result.fault == .outOfFuel { fuel >>= 1 }
            }
            if isVale {
                frame.pointee.ring = context.load(fromByteOffset: ValeContext.ring, as: UInt8.self)
            }
        }
        state.pointee.native.carryFuel(fuel, most: core.pointee.fuel)
        state.pointee.runs &+= UInt64(count)
        if state.pointee.reservations.count > 0 { state.pointee.reservations.discardAll() }
    }

    /// Makes the context of a run on `frame`.
    @inline(__always)
    func enter(_ frame: UnsafeMutablePointer<FrameContext>, _ state: UnsafeMutablePointer<RunState>) {
        let context = state.pointee.context
        state.pointee.packetStart = UInt(bitPattern: frame.pointee.data)
        state.pointee.packetEnd = UInt(bitPattern: frame.pointee.dataEnd)
        state.pointee.packetMeta = UInt(bitPattern: frame.pointee.dataMeta)
        state.pointee.native.context = UInt(bitPattern: frame)
        if core.pointee.type == .vale {
            context.storeBytes(
                of: frame.pointee.data, toByteOffset: ValeContext.data, as: UnsafeMutableRawPointer.self)
            context.storeBytes(
                of: frame.pointee.dataEnd, toByteOffset: ValeContext.dataEnd, as: UnsafeMutableRawPointer.self)
            context.storeBytes(
                of: frame.pointee.ingressPort, toByteOffset: ValeContext.ingressPort, as: UInt32.self)
            context.storeBytes(of: UInt32(frame.pointee.ring), toByteOffset: ValeContext.ring, as: UInt32.self)
        } else {
            frame.pointee.redirect.kind = .none
            state.pointee.storePointers()
            context.storeBytes(
                of: frame.pointee.ingressIfindex, toByteOffset: XDPContext.ingressIfindex, as: UInt32.self)
            context.storeBytes(
                of: UInt32(frame.pointee.ring), toByteOffset: XDPContext.rxQueueIndex, as: UInt32.self)
            context.storeBytes(
                of: frame.pointee.egressIfindex, toByteOffset: XDPContext.egressIfindex, as: UInt32.self)
        }
        state.pointee.clearRegisters()
        state.pointee.registers[1] = UInt64(UInt(bitPattern: context))
    }

    /// Runs the program on raw memory: r1 points to it, r2 is its length. For `ProgramType.memory`.
    public func run(memory: UnsafeMutableRawBufferPointer, slot: Int) -> RunResult {
        if core.pointee.native != nil { return runNative(memory: memory, slot: slot) }
        return core.pointee.checksAccesses
            ? run(memory: memory, slot: slot, policy: CheckedExecution())
            : run(memory: memory, slot: slot, policy: UncheckedExecution())
    }

    private func runNative(memory: UnsafeMutableRawBufferPointer, slot: Int) -> RunResult {
        let registers = core.pointee.states[slot].registers
        registers[1] = UInt64(UInt(bitPattern: memory.baseAddress))
        registers[2] = UInt64(memory.count)
        // A program on raw memory has no frame; its place in the burst is all that is looked at.
        var context = FrameContext(data: UnsafeMutableRawPointer(registers), length: 0)
        var result = RunResult()
        run(&context, count: 1, results: &result, slot: slot)
        return result
    }

    @inline(__always)
    func run<Policy: InterpreterPolicy>(
        memory: UnsafeMutableRawBufferPointer, slot: Int, policy: Policy
    ) -> RunResult {
        let state = core.pointee.states + slot
        let start = UInt(bitPattern: memory.baseAddress)
        // An empty range that no access fits, also where there is no memory at all.
        state.pointee.packetMeta = max(start, 16)
        state.pointee.packetStart = max(start, 16)
        state.pointee.packetEnd = max(start, 16) + UInt(memory.count)
        state.pointee.native.context = 0
        state.pointee.clearRegisters()
        state.pointee.registers[1] = UInt64(start)
        state.pointee.registers[2] = UInt64(memory.count)
        let result = policy.run(core, state, fuel: core.pointee.fuel)
        state.pointee.releaseLock()
        state.pointee.runs &+= 1
        state.pointee.faults[Int(result.fault.rawValue)] &+= result.fault == .none ? 0 : 1
        state.pointee.reservations.discardAll()
        return result
    }
}
