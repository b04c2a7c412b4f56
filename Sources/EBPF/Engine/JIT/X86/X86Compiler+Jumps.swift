import ISA

// Jumps: RFC 9669 section 4.3.
extension X86Compiler {
    /// An unconditional jump; backward it costs what it repeats.
    mutating func writeJump(_ index: Int, distance: Int) {
        let target = label(index + 1 + distance)
        guard distance < 0, tracksFuel else {
            assembler.jump(target)
            return
        }
        assembler.alu(.sub, .bits64, Self.fuelRegister, Int32(-distance))
        assembler.jump(.notNegative, target)
        assembler.jump(faultExit(.outOfFuel, index))
    }

    mutating func writeBranch(_ step: NativeStep, _ index: Int) {
        let condition = compare(step)
        let distance = Int(step.offset)
        guard distance < 0, tracksFuel else {
            assembler.jump(condition, label(index + 1 + distance))
            return
        }
        let skip = assembler.label()
        assembler.jump(condition.inverse, skip)
        assembler.alu(.sub, .bits64, Self.fuelRegister, Int32(-distance))
        assembler.jump(.notNegative, label(index + 1 + distance))
        assembler.jump(faultExit(.outOfFuel, index))
        assembler.bind(skip)
    }

    /// Sets the flags; gives the condition under which the jump is taken.
    private mutating func compare(_ step: NativeStep) -> X86Condition {
        let (condition, width) = Self.condition(step.operation)
        let dst = register(step.dst)
        let isTest = Self.isTest(step.operation)
        if step.operation.takesRegister {
            let src = register(step.src)
            if isTest { assembler.test(width, dst, src) } else { assembler.alu(.cmp, width, dst, src) }
            return condition
        }
        let imm = Int32(truncatingIfNeeded: step.imm)
        if isTest {
            // In 32 bits a mask with the highest bit is a number like any other.
            assembler.test(width, dst, imm)
        } else if imm == 0 {
            assembler.test(width, dst, dst)
        } else {
            assembler.alu(.cmp, width, dst, imm)
        }
        return condition
    }

    static func isTest(_ operation: Operation) -> Bool {
        switch operation {
        case .jset64Imm, .jset64Reg, .jset32Imm, .jset32Reg: true
        default: false
        }
    }

    static func condition(_ operation: Operation) -> (X86Condition, X86Width) {
        switch operation {
        case .jeq64Imm, .jeq64Reg: (.equal, .bits64)
        case .jgt64Imm, .jgt64Reg: (.above, .bits64)
        case .jge64Imm, .jge64Reg: (.aboveEqual, .bits64)
        case .jset64Imm, .jset64Reg, .jne64Imm, .jne64Reg: (.notEqual, .bits64)
        case .jsgt64Imm, .jsgt64Reg: (.greater, .bits64)
        case .jsge64Imm, .jsge64Reg: (.greaterEqual, .bits64)
        case .jlt64Imm, .jlt64Reg: (.below, .bits64)
        case .jle64Imm, .jle64Reg: (.belowEqual, .bits64)
        case .jslt64Imm, .jslt64Reg: (.less, .bits64)
        case .jsle64Imm, .jsle64Reg: (.lessEqual, .bits64)
        case .jeq32Imm, .jeq32Reg: (.equal, .bits32)
        case .jgt32Imm, .jgt32Reg: (.above, .bits32)
        case .jge32Imm, .jge32Reg: (.aboveEqual, .bits32)
        case .jset32Imm, .jset32Reg, .jne32Imm, .jne32Reg: (.notEqual, .bits32)
        case .jsgt32Imm, .jsgt32Reg: (.greater, .bits32)
        case .jsge32Imm, .jsge32Reg: (.greaterEqual, .bits32)
        case .jlt32Imm, .jlt32Reg: (.below, .bits32)
        case .jle32Imm, .jle32Reg: (.belowEqual, .bits32)
        case .jslt32Imm, .jslt32Reg: (.less, .bits32)
        default: (.lessEqual, .bits32)
        }
    }
}
