import ISA

// Calls of subprograms, and their return.
extension ARM64Compiler {
    mutating func writeLocalCall(_ step: NativeStep, _ index: Int) {
        let target = index + 1 + Int(step.offset)
        checkDepth(index)
        if tracksFuel { assembler.mov(Self.scratch2, UInt64(target)) }
        let kept = enter(index)
        assembler.call(label(target))
        leave(kept)
    }

    /// Calls the step that a function pointer names, or a helper by its number.
    mutating func writeCallx(_ step: NativeStep, _ index: Int) {
        let helper = assembler.label()
        let done = assembler.label()
        let dst = register(step.dst)
        assembler.shift(.lsr, .bits64, Self.scratch, dst, by: 32)
        assembler.mov(Self.scratch2, FunctionPointer.tag >> 32)
        assembler.sum(.subs, .bits64, .zero, Self.scratch, Self.scratch2)
        assembler.jump(.notEqual, helper)
        compare(.bits32, dst, Int64(steps.count))
        assembler.jump(.higherOrSame, helper)
        checkDepth(index)
        assembler.mov(.bits32, Self.scratch2, dst)
        let kept = enter(index)
        assembler.address(Self.scratch, assembler.table, scratch: Self.scratch3)
        assembler.loadEntry(Self.scratch3, Self.scratch, index: Self.scratch2)
        assembler.sum(.add, .bits64, Self.scratch, Self.scratch, Self.scratch3)
        assembler.call(Self.scratch)
        leave(kept)
        assembler.jump(done)

        assembler.bind(helper)
        let saved = keep(flow.liveAfter(index) & NativeStep.arguments)
        // What has bits above the 32nd is no helper's number.
        callByNumber(index) { compiler in
            compiler.assembler.shift(.lsr, .bits64, Self.scratch, dst, by: 32)
            compiler.compare(.bits64, Self.scratch, 0)
            compiler.assembler.selectOrOnes(.equal, .bits32, .x0, dst)
        }
        restore(saved)
        payHelper(nil, index)
        assembler.bind(done)
    }

    /// The verifier counts a verified program's frames.
    private mutating func checkDepth(_ index: Int) {
        guard source.facts == nil else { return }
        let deepest = Int64(RunState.stackBytes * (RunState.maxFrames - 2))
        add(.bits64, Self.scratch, Self.stack, deepest)
        assembler.load(.bits64, Self.scratch2, field(NativeLayout.State.stackTop))
        assembler.sum(.subs, .bits64, .zero, Self.scratch, Self.scratch2)
        assembler.jump(.lower, faultExit(.callDepth, index))
    }

    /// Saves what the caller still needs of r6 to r9 and, on top, where it returns to and the callee's first step, which
    /// `exit` wants to know: the second scratch register.
    private mutating func enter(_ index: Int) -> [ARM64Register] {
        let kept = keep(flow.liveAfter(index) & NativeStep.preserved)
        assembler.pushPair(.x30, Self.scratch2)
        add(.bits64, Self.stack, Self.stack, Int64(-RunState.stackBytes))
        return kept
    }

    private mutating func leave(_ kept: [ARM64Register]) {
        add(.bits64, Self.stack, Self.stack, Int64(RunState.stackBytes))
        assembler.popPair(.x30, Self.scratch2)
        restore(kept)
    }

    /// Ends the run, or returns to the caller and pays for what the subprogram took.
    mutating func writeExit(_ index: Int) {
        guard program.hasFrames else {
            assembler.jump(exitLabel)
            return
        }
        if tracksFuel {
            let free = assembler.label()
            assembler.load(.bits64, Self.scratch, field(NativeLayout.State.stackTop))
            assembler.sum(.subs, .bits64, .zero, Self.stack, Self.scratch)
            assembler.jump(.equal, free)
            // The steps from the subprogram's first to this one, if it comes behind it.
            assembler.load(.bits64, Self.scratch, ARM64Address(.sp, 8))
            assembler.mov(Self.scratch2, UInt64(index))
            assembler.sum(.subs, .bits64, Self.scratch, Self.scratch2, Self.scratch)
            assembler.select(.notNegative, .bits64, Self.scratch, Self.scratch, .zero)
            add(.bits64, Self.scratch, Self.scratch, 1)
            assembler.sum(.subs, .bits64, Self.fuel, Self.fuel, Self.scratch)
            assembler.jump(.negative, faultExit(.outOfFuel, index))
            assembler.bind(free)
        }
        assembler.ret()
    }

    /// Where each step is, for `callx`.
    mutating func writeTable() {
        assembler.bind(assembler.table)
        for index in steps.indices { assembler.tableEntry(label(index)) }
    }
}
