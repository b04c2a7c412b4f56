import Object

// The loop over a burst's frames: start, end, and what a fault leads to.
extension X86Compiler {
    private var state: X86Register { Self.state }
    private func field(_ offset: Int32) -> X86Address { X86Address(Self.state, offset) }

    /// Registers that C's callers want to find as they were, and that this code changes.
    private var savedRegisters: [X86Register] {
        var saved: [X86Register] = [.r12, .rbp]
        for number in UInt8(6)...9 {
            let register = register(number)
            if flow.used & 1 << RegisterSet(number) != 0 || register == contextRegister || register == resultRegister {
                saved.append(register)
            }
        }
        return saved
    }

    /// Whether rbp is the program's frame, and not free for other use.
    private var usesStack: Bool { hasFrames || flow.used & 1 << 10 != 0 }

    /// The frame of the run; scratch where no register holds it.
    mutating func loadContext(_ scratch: X86Register) -> X86Register {
        if let contextRegister { return contextRegister }
        assembler.load(.bits64, scratch, field(NativeLayout.State.context))
        return scratch
    }

    private mutating func loadResult(_ scratch: X86Register) -> X86Register {
        if let resultRegister { return resultRegister }
        assembler.load(.bits64, scratch, field(NativeLayout.State.result))
        return scratch
    }

    /// Entry: state, frames, count and results are where C's convention has arguments.
    mutating func writeBurstStart() {
        let saved = savedRegisters
        for register in saved { assembler.push(register) }
        // The return address and these are a multiple of 16 bytes.
        if saved.count % 2 == 0 { assembler.push(.rax) }
        assembler.mov(.bits64, state, .rdi)
        assembler.store(.bits64, field(NativeLayout.State.stackPointer), .rsp)
        assembler.imul(.bits64, .rdx, .rdx, NativeLayout.Frame.stride)
        assembler.alu(.add, .bits64, .rdx, .rsi)
        assembler.store(.bits64, field(NativeLayout.State.end), .rdx)
        if let contextRegister {
            if contextRegister != .rsi { assembler.mov(.bits64, contextRegister, .rsi) }
        } else {
            assembler.store(.bits64, field(NativeLayout.State.context), .rsi)
        }
        if let resultRegister {
            assembler.mov(.bits64, resultRegister, .rcx)
        } else {
            assembler.store(.bits64, field(NativeLayout.State.result), .rcx)
        }
        if tracksFuel {
            assembler.load(.bits64, .rax, field(NativeLayout.State.firstFuel))
            assembler.store(.bits64, field(NativeLayout.State.fuelLimit), .rax)
        }
        if usesStack { assembler.load(.bits64, .rbp, field(NativeLayout.State.stackTop)) }
        assembler.align()
        assembler.bind(burstLabel)
        if tracksFuel { assembler.load(.bits64, Self.fuelRegister, field(NativeLayout.State.fuelLimit)) }
        if flow.hasTailCall {
            assembler.load(.bits64, Self.scratch, field(NativeLayout.State.firstTailCalls))
            assembler.store(.bits64, field(NativeLayout.State.tailCalls), Self.scratch)
        }
        writeContext()
        clearRegisters()
        writeArguments()
    }

    /// What programs load fields of their context from.
    private mutating func writeContext() {
        guard core.pointee.type != .memory else { return }
        if flow.liveBefore[0] & 2 != 0 { assembler.load(.bits64, register(1), field(NativeLayout.State.contextMemory)) }
        let isXDP = core.pointee.type == .xdp
        let hasFrameHelpers = flow.hasFrameHelpers || flow.hasCallx
        guard needsContext || writesContext || hasFrameHelpers || isXDP else { return }
        let frame = loadContext(Self.scratch)
        if isXDP {
            assembler.store(
                .bits8, X86Address(frame, NativeLayout.Frame.redirect), imm: Int32(Redirect.Kind.none.rawValue))
        }
        if hasFrameHelpers {
            if contextRegister != nil { assembler.store(.bits64, field(NativeLayout.State.context), frame) }
            // What is checked at run time even of verified programs is checked against the packet's bounds.
            copy(.bits64, X86Address(frame, NativeLayout.Frame.data), to: field(NativeLayout.State.packetStart))
            copy(.bits64, X86Address(frame, NativeLayout.Frame.dataMeta), to: field(NativeLayout.State.packetMeta))
            copy(.bits64, X86Address(frame, NativeLayout.Frame.dataEnd), to: field(NativeLayout.State.packetEnd))
        }
        guard needsContext || writesContext else { return }
        let context = X86Register.rax
        assembler.load(.bits64, context, field(NativeLayout.State.contextMemory))
        for field in NativeLayout.contextFields(core.pointee.type)
        where needsContext || field.frame == NativeLayout.Frame.ring {
            let width: X86Width = field.bytes == 8 ? .bits64 : field.bytes == 4 ? .bits32 : .bits8
            copy(width, X86Address(frame, field.frame), to: X86Address(context, field.context))
        }
    }

    private mutating func copy(_ width: X86Width, _ from: X86Address, to: X86Address) {
        assembler.load(width, Self.scratch2, from)
        assembler.store(width == .bits64 ? .bits64 : .bits32, to, Self.scratch2)
    }

    /// No value of an earlier run is seen by the next. Verified programs read nothing that they have not written.
    private mutating func clearRegisters() {
        let arguments: RegisterSet = core.pointee.type == .memory ? 0x6 : 0x2
        let live = flow.liveBefore[0] & ~arguments
        for number in UInt8(0)...9 where live & 1 << RegisterSet(number) != 0 {
            assembler.mov(register(number), 0)
        }
    }

    private mutating func writeArguments() {
        guard core.pointee.type == .memory else { return }
        assembler.load(.bits64, Self.scratch, field(NativeLayout.State.registers))
        assembler.load(.bits64, register(1), X86Address(Self.scratch, 8))
        assembler.load(.bits64, register(2), X86Address(Self.scratch, 16))
    }

    mutating func writeCallOfMain() {
        // The place of a subprogram's first step; the return address makes it 16 bytes.
        assembler.push(.rax)
        assembler.call(label(0))
        assembler.pop(Self.scratch)
    }

    /// Stores the result of a run that reached its `exit`, and goes on with the next frame.
    mutating func writeBurstEnd() {
        assembler.bind(exitLabel)
        // For the program that went on with this one.
        spillFuel()
        let result = loadResult(Self.scratch)
        assembler.store(.bits64, X86Address(result, NativeLayout.Result.value), .rax)
        assembler.store(.bits8, X86Address(result, NativeLayout.Result.fault), imm: Int32(Fault.none.rawValue))
        assembler.bind(nextLabel)
        let frame = loadContext(Self.scratch2)
        if core.pointee.type == .vale, writesContext {
            assembler.load(.bits64, .rax, field(NativeLayout.State.contextMemory))
            assembler.load(.bits8, .rax, X86Address(.rax, Int32(ValeContext.ring)))
            assembler.store(.bits8, X86Address(frame, NativeLayout.Frame.ring), .rax)
        }
        if let resultRegister {
            assembler.alu(.add, .bits64, resultRegister, NativeLayout.Result.stride)
        } else {
            assembler.alu(.add, .bits64, field(NativeLayout.State.result), NativeLayout.Result.stride)
        }
        assembler.alu(.add, .bits64, frame, NativeLayout.Frame.stride)
        if contextRegister == nil { assembler.store(.bits64, field(NativeLayout.State.context), frame) }
        assembler.alu(.cmp, .bits64, frame, field(NativeLayout.State.end))
        assembler.jump(.notEqual, burstLabel)
        let saved = savedRegisters
        if saved.count % 2 == 0 { assembler.pop(.rcx) }
        for register in saved.reversed() { assembler.pop(register) }
        assembler.ret()
    }

    /// Gives back the lock that a run holds, if it does.
    private mutating func writeRelease() {
        let free = assembler.label()
        assembler.load(.bits64, .rax, field(NativeLayout.State.heldLock))
        assembler.test(.bits64, .rax, .rax)
        assembler.jump(.equal, free)
        // A store is a release on this processor.
        assembler.store(.bits32, X86Address(.rax), imm: 0)
        assembler.store(.bits64, field(NativeLayout.State.heldLock), imm: 0)
        assembler.bind(free)
    }

    /// The exits with faults: r11 is the step's slot in the wire form, r10 the fault.
    mutating func writeFaults() {
        guard !faultExits.isEmpty else { return }
        for exit in faultExits {
            assembler.bind(exit.label)
            assembler.mov(Self.scratch, Int64(core.pointee.wireSlots[exit.index]))
            if let fault = exit.fault {
                assembler.mov(Self.scratch2, Int64(fault.rawValue))
            } else {
                assembler.load(.bits8, Self.scratch2, field(NativeLayout.State.helperFault))
            }
            assembler.jump(faultLabel)
        }
        assembler.bind(faultLabel)
        assembler.load(.bits64, .rsp, field(NativeLayout.State.stackPointer))
        if flow.hasCallbacks {
            assembler.alu(.cmp, .bits64, field(NativeLayout.State.callbacks), 0)
            assembler.jump(.notEqual, callbackFaultLabel)
        }
        if flow.hasLocks { writeRelease() }
        if usesStack { assembler.load(.bits64, .rbp, field(NativeLayout.State.stackTop)) }
        assembler.store(.bits32, field(NativeLayout.State.faultSlot), Self.scratch)
        assembler.store(.bits64, field(NativeLayout.State.faultAddress), imm: 0)
        // A frame's result lies where r0 to r5 are of no use any more.
        let result = loadResult(.rcx)
        assembler.store(.bits64, X86Address(result, NativeLayout.Result.value), imm: 0)
        assembler.store(.bits8, X86Address(result, NativeLayout.Result.fault), Self.scratch2)
        assembler.load(.bits64, Self.scratch, field(NativeLayout.State.faults))
        assembler.alu(.add, .bits64, X86Address(Self.scratch, index: Self.scratch2, scale: 8), 1)
        if tracksFuel {
            // A run without fuel leaves less to the rest of its burst.
            assembler.alu(.cmp, .bits32, Self.scratch2, Int32(Fault.outOfFuel.rawValue))
            assembler.jump(.notEqual, nextLabel)
            assembler.load(.bits64, .rax, field(NativeLayout.State.fuelLimit))
            assembler.shift(.shr, .bits64, .rax, by: 1)
            assembler.store(.bits64, field(NativeLayout.State.fuelLimit), .rax)
        }
        assembler.jump(nextLabel)
    }
}
