import Maps

// Calls on maps that are known, by the maps' own C functions.
extension X86Compiler {
    mutating func writeMapCall(_ step: NativeStep, _ index: Int) {
        let map = core.pointee.maps[Int(step.offset)]
        guard let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm)) else { return }
        call(helper, of: map)
        payHelper(fuel.cost(helper, map: map), index)
    }

    /// Key, value and flags are where the function wants them. Verified programs don't read r1 to r5 after a call.
    mutating func call(_ helper: Helper, of map: MapCore) {
        let functions = map.functions
        spillFuel()
        assembler.mov(.rdi, Int64(Int(bitPattern: functions.map)))
        let slot = X86Address(Self.state, NativeLayout.State.slot)
        switch helper {
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
}
