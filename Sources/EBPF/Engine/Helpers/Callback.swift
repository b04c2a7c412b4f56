/// A function of the program that a helper calls, again and again. Worker only, valid during the helper's call.
struct Callback {
    private let call: HelperCall
    private let entry: Int
    /// r0 to r10 as the helper found them.
    private let registers: InlineArray<11, UInt64>

    /// What an iteration takes beside the function.
    private static let cost = Helpers.baseCost

    /// - Parameter number: the argument that is the function.
    init(_ call: HelperCall, function number: Int) throws(Fault) {
        guard let entry = FunctionPointer.index(call[number]), entry < call.core.pointee.instructionCount else {
            throw .badCall
        }
        guard call.state.pointee.depth + 1 < RunState.maxFrames else { throw .callDepth }
        self.call = call
        self.entry = entry
        let r = call.state.pointee.registers
        registers = InlineArray { r[$0] }
    }

    /// Its result: 0 to go on, 1 to stop.
    func callAsFunction(_ a: UInt64, _ b: UInt64, _ c: UInt64 = 0, _ d: UInt64 = 0) throws(Fault) -> UInt64 {
        let state = call.state
        state.pointee.native.fuel &-= Self.cost
        guard state.pointee.native.fuel >= 0 else { throw .outOfFuel }
        guard state.pointee.deadline.isAhead() else { throw .outOfTime }
        let r = state.pointee.registers
        r[10] = registers[10]
        (r[1], r[2], r[3], r[4]) = (a, b, c, d)
        let fault = call.policy.callBack(entry, call.core, state)
        guard fault == .none else { throw fault }
        return r[0]
    }

    /// Leaves registers and price of the helper's call as if nothing else had run.
    func end() {
        let r = call.state.pointee.registers
        for index in 1..<11 { r[index] = registers[index] }
        call.state.pointee.helperCost = Helpers.baseCost
    }
}
