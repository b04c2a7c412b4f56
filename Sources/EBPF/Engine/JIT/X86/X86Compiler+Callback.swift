// How a helper runs a function of the program: a function of C's convention in front of it.
extension X86Compiler {
    private func field(_ offset: Int32) -> X86Address { X86Address(Self.state, offset) }

    /// What C's callers want to find as it was, and functions of the program change.
    private static let saved: [X86Register] = [.rbx, .rbp, .r12, .r13, .r14, .r15]

    /// `NativeCode.Callback`. A fault within comes back to where its stack pointer is.
    mutating func writeCallback() {
        assembler.align()
        assembler.bind(callbackLabel)
        for register in Self.saved { assembler.push(register) }
        assembler.mov(.bits64, Self.state, .rdi)
        assembler.load(.bits64, .rax, field(NativeLayout.State.stackPointer))
        assembler.push(.rax)
        assembler.store(.bits64, field(NativeLayout.State.stackPointer), .rsp)
        assembler.alu(.add, .bits64, field(NativeLayout.State.callbacks), 1)
        // The function's first step, which its exit wants to know; with the return address the stack is aligned.
        assembler.push(.rsi)
        assembler.mov(.bits64, Self.scratch2, .rsi)
        assembler.load(.bits64, .rax, field(NativeLayout.State.registers))
        for number in UInt8(1)...5 { assembler.load(.bits64, register(number), X86Address(.rax, Int32(number) * 8)) }
        assembler.load(.bits64, register(10), X86Address(.rax, 80))
        assembler.alu(.sub, .bits64, register(10), Int32(RunState.stackBytes))
        loadFuel()
        assembler.lea(Self.scratch, assembler.table)
        assembler.loadSigned(.bits32, Self.scratch2, X86Address(Self.scratch, index: Self.scratch2, scale: 4))
        assembler.alu(.add, .bits64, Self.scratch, Self.scratch2)
        assembler.call(Self.scratch)
        assembler.alu(.sub, .bits64, .rsp, -8)
        spillFuel()
        assembler.load(.bits64, Self.scratch, field(NativeLayout.State.registers))
        assembler.store(.bits64, X86Address(Self.scratch), .rax)
        assembler.mov(.rax, 1)

        let leave = assembler.label()
        assembler.bind(leave)
        assembler.pop(.rcx)
        assembler.store(.bits64, field(NativeLayout.State.stackPointer), .rcx)
        assembler.alu(.sub, .bits64, field(NativeLayout.State.callbacks), 1)
        for register in Self.saved.reversed() { assembler.pop(register) }
        assembler.ret()

        // From the exits with faults: the fault is in the second scratch register, the stack pointer is this function's.
        assembler.bind(callbackFaultLabel)
        assembler.store(.bits8, field(NativeLayout.State.helperFault), Self.scratch2)
        assembler.mov(.rax, 0)
        assembler.jump(leave)
    }
}
