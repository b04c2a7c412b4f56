// Calls of subprograms and callbacks, and the ends of functions.
extension Explorer {
    func callLocal(_ step: Step) throws(Rejection) {
        let function = try function(at: step.target)
        try requireFrame()
        let arguments = (1...5).map { registers[$0] }
        clobber()
        try enter(&state, function: function, callback: .none) { callee in
            for number in 1...5 { callee[number] = arguments[number - 1] }
        }
        registers = state.top.registers
        slot = step.target
    }

    /// Number of the function that begins at `slot`.
    func function(at slot: Int) throws(Rejection) -> Int {
        let function = flow.function(at: slot)
        guard flow.functions[function].start == slot else {
            throw reject(.badCall, "there is no function at instruction \(slot)")
        }
        return function
    }

    func requireFrame() throws(Rejection) {
        guard state.frames.count < State.maxFrames else {
            throw reject(.callDepth, "more than \(State.maxFrames) functions are active")
        }
    }

    /// Adds a frame in which nothing but the arguments is known.
    func enter(
        _ state: inout State, function: Int, callback: Frame.Callback,
        arguments: (UnsafeMutablePointer<Register>) throws(Rejection) -> Void
    ) throws(Rejection) {
        var frame = pool.take()
        frame.registers.update(repeating: .uninitialized, count: Frame.registerCount)
        frame.registers[10] = Register(.stack)
        frame.registers[10].frame = UInt8(state.frames.count)
        frame.function = function
        frame.callSite = slot
        frame.callback = callback
        state.frames.append(frame)
        try arguments(frame.registers)
    }

    /// A call leaves r0 to r5 without meaning.
    func clobber() {
        if PlantedFlaw.isPlanted(.argumentsSurviveCall) { return registers[0] = Register(.call) }
        for number in 0...5 { registers[number] = Register(.call) }
    }

    func exit() throws(Rejection) {
        guard state.frames.count > 1 else { return try endProgram() }
        let frame = state.top
        var result = registers[0]
        if result.kind == .stack && Int(result.frame) == state.frames.count - 1
            && !PlantedFlaw.isPlanted(.deadStackPointer)
        {
            throw reject(
                .pointerLeak, "a function can't return a pointer to its own stack", registers: [0])
        }
        if frame.callback != .none {
            try requireReadable(0)
            guard result.isScalar, !result.isPointerBits, result.number.umax <= 1 else {
                throw reject(
                    .returnValue, "a callback must return 0 (go on) or 1 (stop), r0 is \(result.summary(maps))",
                    registers: [0])
            }
        }
        state.frames.removeLast()
        pool.give(frame)
        registers = state.top.registers
        if frame.callback != .none {
            // The call decides whether it runs again.
            slot = frame.callSite
            return
        }
        if result.kind == .uninitialized { result = Register(.call) }
        registers[0] = result
        slot = frame.callSite + 1
    }

    private func endProgram() throws(Rejection) {
        try requireReadable(0)
        if registers[0].isPointer || registers[0].isPointerBits {
            throw reject(
                .pointerLeak, "the program's result can't be \(registers[0].noun)", registers: [0])
        }
        if let lock = state.lock {
            throw reject(
                .spinLock, "the lock taken at instruction \(lock.slot) is still held when the program ends",
                hint: "call bpf_spin_unlock on every path")
        }
        if let reference = state.references.first {
            throw reject(
                .referenceLeak, "what the call at instruction \(reference.slot) returned is not released on this path",
                hint: "submit or discard the record on every path")
        }
        pathHasEnded = true
        log?.write("the path ends")
    }
}
