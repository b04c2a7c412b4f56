import Object

// The loop over a burst's frames: start, end, and what a fault leads to.
extension ARM64Compiler {
    private var usesStack: Bool { program.hasFrames || flow.used & 1 << 10 != 0 }

    /// What C's callers want to find as it was, by pairs from the stack pointer on.
    private static let saved: [(ARM64Register, ARM64Register)] = [
        (.x29, .x30), (.x19, .x20), (.x21, .x22), (.x23, .x24), (.x25, .x26), (.x27, .x28),
    ]

    /// Entry: state, frames, count and results are where C's convention has arguments.
    mutating func writeBurstStart() {
        for (index, pair) in Self.saved.enumerated() {
            if index == 0 {
                assembler.pushPair(pair.0, pair.1, bytes: Self.saved.count * 16)
                assembler.sum(.add, .bits64, .x29, .sp, imm: 0)
            } else {
                assembler.storePair(pair.0, pair.1, at: index * 16)
            }
        }
        assembler.mov(.bits64, Self.state, .x0)
        assembler.store(.bits64, field(NativeLayout.State.stackPointer), .x29)
        assembler.mov(.bits64, Self.frame, .x1)
        assembler.mov(.bits64, Self.result, .x3)
        assembler.mov(Self.scratch, UInt64(NativeLayout.Frame.stride))
        assembler.multiplyAdd(.bits64, Self.end, .x2, Self.scratch, .x1)
        if tracksFuel {
            assembler.mov(Self.scratch, UInt64(bitPattern: Int64(core.pointee.fuel)))
            assembler.store(.bits64, field(NativeLayout.State.fuelLimit), Self.scratch)
        }
        if usesStack { assembler.load(.bits64, Self.stack, field(NativeLayout.State.stackTop)) }
        assembler.bind(burstLabel)
        if tracksFuel { assembler.load(.bits64, Self.fuel, field(NativeLayout.State.fuelLimit)) }
        writeContext()
        clearRegisters()
        writeArguments()
    }

    /// What programs load fields of their context from.
    private mutating func writeContext() {
        guard core.pointee.type != .memory else { return }
        if flow.liveBefore[0] & 2 != 0 {
            assembler.load(.bits64, register(1), field(NativeLayout.State.contextMemory))
        }
        if core.pointee.type == .xdp {
            assembler.store(.bits8, ARM64Address(Self.frame, NativeLayout.Frame.redirect), .zero)
        }
        if flow.hasFrameHelpers || flow.hasCallx {
            assembler.store(.bits64, field(NativeLayout.State.context), Self.frame)
            // What is checked at run time even of verified programs is checked against the packet's bounds.
            copy(8, NativeLayout.Frame.data, to: field(NativeLayout.State.packetStart))
            copy(8, NativeLayout.Frame.dataMeta, to: field(NativeLayout.State.packetMeta))
            copy(8, NativeLayout.Frame.dataEnd, to: field(NativeLayout.State.packetEnd))
        }
        guard program.needsContext || program.writesContext else { return }
        let context = Self.scratch
        assembler.load(.bits64, context, field(NativeLayout.State.contextMemory))
        for field in NativeLayout.contextFields(core.pointee.type)
        where program.needsContext || field.frame == NativeLayout.Frame.ring {
            copy(field.bytes, field.frame, to: ARM64Address(context, field.context))
        }
    }

    private mutating func copy(_ bytes: Int, _ from: Int32, to: ARM64Address) {
        let width: ARM64Width = bytes == 8 ? .bits64 : bytes == 4 ? .bits32 : .bits8
        assembler.load(width, Self.scratch2, ARM64Address(Self.frame, from))
        assembler.store(bytes == 8 ? .bits64 : .bits32, to, Self.scratch2)
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
        assembler.load(.bits64, register(1), ARM64Address(Self.scratch, 8))
        assembler.load(.bits64, register(2), ARM64Address(Self.scratch, 16))
    }

    /// Stores the result of a run that reached its `exit`, and goes on with the next frame.
    mutating func writeBurstEnd() {
        assembler.bind(exitLabel)
        assembler.store(.bits64, ARM64Address(Self.result, NativeLayout.Result.value), register(0))
        assembler.store(.bits8, ARM64Address(Self.result, NativeLayout.Result.fault), .zero)
        assembler.bind(nextLabel)
        if core.pointee.type == .vale, program.writesContext {
            assembler.load(.bits64, Self.scratch, field(NativeLayout.State.contextMemory))
            assembler.load(.bits8, Self.scratch, ARM64Address(Self.scratch, Int32(ValeContext.ring)))
            assembler.store(.bits8, ARM64Address(Self.frame, NativeLayout.Frame.ring), Self.scratch)
        }
        add(.bits64, Self.result, Self.result, Int64(NativeLayout.Result.stride))
        add(.bits64, Self.frame, Self.frame, Int64(NativeLayout.Frame.stride))
        assembler.sum(.subs, .bits64, .zero, Self.frame, Self.end)
        assembler.jump(.notEqual, burstLabel)
        for (index, pair) in Self.saved.enumerated().reversed() {
            if index == 0 {
                assembler.popPair(pair.0, pair.1, bytes: Self.saved.count * 16)
            } else {
                assembler.loadPair(pair.0, pair.1, at: index * 16)
            }
        }
        assembler.ret()
    }

    /// The exits with faults: the first scratch register is the step's slot in the wire form, the second the fault.
    mutating func writeFaults() {
        guard !faultExits.isEmpty else { return }
        for exit in faultExits {
            assembler.bind(exit.label)
            assembler.mov(Self.scratch, bits(Int64(core.pointee.wireSlots[exit.index]), .bits32))
            if let fault = exit.fault {
                assembler.mov(Self.scratch2, UInt64(fault.rawValue))
            } else {
                assembler.load(.bits8, Self.scratch2, field(NativeLayout.State.helperFault))
            }
            assembler.jump(faultLabel)
        }
        assembler.bind(faultLabel)
        assembler.load(.bits64, Self.scratch3, field(NativeLayout.State.stackPointer))
        assembler.sum(.add, .bits64, .sp, Self.scratch3, imm: 0)
        if usesStack { assembler.load(.bits64, Self.stack, field(NativeLayout.State.stackTop)) }
        assembler.store(.bits32, field(NativeLayout.State.faultSlot), Self.scratch)
        assembler.store(.bits64, field(NativeLayout.State.faultAddress), .zero)
        assembler.store(.bits64, ARM64Address(Self.result, NativeLayout.Result.value), .zero)
        assembler.store(.bits8, ARM64Address(Self.result, NativeLayout.Result.fault), Self.scratch2)
        assembler.load(.bits64, Self.scratch, field(NativeLayout.State.faults))
        assembler.sum(.add, .bits64, Self.scratch, Self.scratch, Self.scratch2, shift: 3)
        assembler.load(.bits64, Self.scratch3, ARM64Address(Self.scratch))
        add(.bits64, Self.scratch3, Self.scratch3, 1)
        assembler.store(.bits64, ARM64Address(Self.scratch), Self.scratch3)
        if tracksFuel {
            // A run without fuel leaves less to the rest of its burst.
            compare(.bits32, Self.scratch2, Int64(Fault.outOfFuel.rawValue))
            assembler.jump(.notEqual, nextLabel)
            assembler.load(.bits64, Self.scratch, field(NativeLayout.State.fuelLimit))
            assembler.shift(.lsr, .bits64, Self.scratch, Self.scratch, by: 1)
            assembler.store(.bits64, field(NativeLayout.State.fuelLimit), Self.scratch)
        }
        assembler.jump(nextLabel)
    }
}
