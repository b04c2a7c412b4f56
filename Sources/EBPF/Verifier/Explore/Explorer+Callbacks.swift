import Object

// Helpers that call a function of the program again and again.
extension Explorer {
    /// Iterations that are followed one by one where nothing may be forgotten.
    private static let mostIterations: UInt64 = 1024

    /// Explores another run of the callback, and what comes after the last. False: both are explored already.
    func runCallback(_ number: Int, _ call: Call) throws(Rejection) -> Bool {
        let function = try function(at: Int(registers[number].offset))
        try requireFrame()
        let isLoop = call.map == nil
        let count = isLoop ? registers[1].number : .unknown
        let isCounted = isExact && isLoop && count.umax <= Self.mostIterations
        let iteration = state.top.iteration
        guard try arrive(isCallback: true, widens: !isCounted && iteration > 0) else { return false }
        let runsAgain = count.umax > (isCounted ? UInt64(iteration) : 0)
        if runsAgain {
            try callback(function, call, isLoop: isLoop, isCounted: isCounted)
            if pathTookCallback { return false }
        }
        state.top.iteration = 0
        return true
    }

    private func callback(_ function: Int, _ call: Call, isLoop: Bool, isCounted: Bool) throws(Rejection) {
        pathTookCallback = false
        let target = flow.functions[function].start
        let context = registers[3]
        let count = registers[1].number
        let prepare: (inout State) throws(Rejection) -> Void = { [self] (state: inout State) throws(Rejection) in
            state.callbackRuns &+= 1
            // What differs after the first iteration is to be seen.
            state.top.iteration = isCounted ? state.top.iteration + 1 : 1
            try enter(&state, function: function, callback: isLoop ? .loop : .forEach) { callee in
                if isLoop {
                    callee[1] = Register(scalar: Scalar(0...max(count.umax, 1) - 1))
                    callee[2] = context
                } else {
                    let map = call.map ?? .none
                    callee[1] = Register(.map)
                    callee[1].map = map
                    callee[2] = Register(.mapKey)
                    callee[2].map = map
                    callee[3] = Register(.mapValue)
                    callee[3].map = map
                    if !map.isInner && maps[map.index].spinLockOffset != nil { callee[3].id = newID() }
                    callee[4] = context
                }
            }
        }
        if let takes = replayTakes(target) {
            guard takes else { return }
            try prepare(&state)
            registers = state.top.registers
            slot = target
            pathTookCallback = true
            return
        }
        try push(slot: target, prepare)
    }
}
