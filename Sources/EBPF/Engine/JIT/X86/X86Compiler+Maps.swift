import Maps

// Calls on maps that are known: by the maps' own C functions, or with a lookup's first look in line.
extension X86Compiler {
    mutating func writeMapCall(_ step: NativeStep, _ index: Int) {
        if let layout = hashLookupLayout(step) {
            let done = assembler.label()
            let null = assembler.label()
            writeHashLookup(step, layout, null: null)
            nullExits.append(NullExit(label: null, next: done))
            assembler.bind(done)
        } else {
            callFunction(step)
        }
        if let helper = Helper(number: UInt32(truncatingIfNeeded: step.imm)) {
            payHelper(fuel.cost(helper, map: map(step)), index)
        }
    }

    /// A lookup and the comparison of its result with 0. Gives the last step; nil where none follows.
    mutating func fuseMapCall(_ step: NativeStep, _ index: Int) -> Int? {
        guard let layout = hashLookupLayout(step), let comparison = nullComparison(after: index) else { return nil }
        writeHashLookup(step, layout, null: label(comparison.ifNull))
        if !comparison.isNullTaken { assembler.jump(label(comparison.target)) }
        return comparison.index
    }

    func map(_ step: NativeStep) -> MapCore { core.pointee.maps[Int(step.offset)] }

    private func hashLookupLayout(_ step: NativeStep) -> HashLookupLayout? {
        step.imm == Int64(Helper.mapLookupElem.rawValue) ? map(step).hashLookupLayout : nil
    }

    /// Key, value and flags are where the function wants them. Verified programs don't read r1 to r5 after a call.
    mutating func callFunction(_ step: NativeStep) {
        let functions = map(step).functions
        spillFuel()
        assembler.mov(.rdi, Int64(Int(bitPattern: functions.map)))
        let slot = X86Address(Self.state, NativeLayout.State.slot)
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
}
