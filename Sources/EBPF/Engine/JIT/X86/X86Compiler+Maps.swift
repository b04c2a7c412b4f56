import Maps

// Calls on maps that are known, by the maps' own C functions.
extension X86Compiler {
    mutating func writeMapCall(_ step: NativeStep, _ index: Int) {
        callFunction(step)
        payMapCall(step, index)
    }

    private func map(_ step: NativeStep) -> MapCore { core.pointee.maps[Int(step.offset)] }

    /// Key, value and flags are where the function wants them. Verified programs don't read r1 to r5 after a call.
    private mutating func callFunction(_ step: NativeStep) {
        let functions = map(step).functions
        spillFuel()
        assembler.mov(.rdi, Int64(Int(bitPattern: functions.map)))
        let slot = X86Address(Self.state, X86Layout.State.slot)
        switch Helper(number: UInt32(truncatingIfNeeded: step.imm)) {
        case .mapUpdateElem:
            assembler.load(.bits64, .r8, slot)
            call(unsafeBitCast(functions.update, to: Int.self))
        case .mapDeleteElem:
            assembler.load(.bits64, .rdx, slot)
            call(unsafeBitCast(functions.delete, to: Int.self))
        default:
            assembler.load(.bits64, .rdx, slot)
            call(unsafeBitCast(functions.lookup, to: Int.self))
        }
        loadFuel()
    }

    private mutating func payMapCall(_ step: NativeStep, _ index: Int) {
        guard let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm)) else { return }
        payHelper(fuel.cost(helper, map: map(step)), index)
    }
}
