import ISA

// Jumps: RFC 9669 section 4.3.
extension ARM64Compiler {
    /// An unconditional jump; backward it costs what it repeats.
    mutating func writeJump(_ index: Int, distance: Int) {
        let target = label(index + 1 + distance)
        guard distance < 0, tracksFuel else {
            assembler.jump(target)
            return
        }
        pay(-distance)
        assembler.jump(.notNegative, target)
        assembler.jump(faultExit(.outOfFuel, index))
    }

    mutating func writeBranch(_ step: NativeStep, _ index: Int) {
        let distance = Int(step.offset)
        let target = label(index + 1 + distance)
        guard distance < 0, tracksFuel else { return jump(step, target, isInverse: false) }
        let skip = assembler.label()
        jump(step, skip, isInverse: true)
        pay(-distance)
        assembler.jump(.notNegative, target)
        assembler.jump(faultExit(.outOfFuel, index))
        assembler.bind(skip)
    }

    /// Jumps under the step's condition, or under its opposite.
    private mutating func jump(_ step: NativeStep, _ target: ARM64Assembler.Label, isInverse: Bool) {
        let test = Self.test(step.operation)
        let dst = register(step.dst)
        if !step.operation.takesRegister, step.imm == 0, !test.isMask,
            test.condition == .equal || test.condition == .notEqual
        {
            if (test.condition == .equal) != isInverse {
                assembler.jumpIfZero(test.width, dst, target)
            } else {
                assembler.jumpIfNotZero(test.width, dst, target)
            }
            return
        }
        if step.operation.takesRegister {
            let src = register(step.src)
            if test.isMask {
                assembler.logical(.ands, test.width, .zero, dst, src)
            } else {
                assembler.sum(.subs, test.width, .zero, dst, src)
            }
        } else if test.isMask {
            self.test(test.width, dst, step.imm)
        } else {
            compare(test.width, dst, step.imm)
        }
        assembler.jump(isInverse ? test.condition.inverse : test.condition, target)
    }

    private mutating func test(_ width: ARM64Width, _ dst: ARM64Register, _ imm: Int64) {
        let value = bits(imm, width)
        if let encoded = ARM64Immediate.logical(value, width) {
            assembler.logical(.ands, width, .zero, dst, imm: encoded, value: value)
        } else {
            assembler.logical(.ands, width, .zero, dst, constant(imm, width))
        }
    }

    mutating func compare(_ width: ARM64Width, _ dst: ARM64Register, _ imm: Int64) {
        let imm = width == .bits64 ? imm : Int64(Int32(truncatingIfNeeded: imm))
        if let encoded = ARM64Immediate.arithmetic(imm.magnitude) {
            assembler.sum(imm < 0 ? .adds : .subs, width, .zero, dst, imm: encoded)
        } else {
            assembler.sum(.subs, width, .zero, dst, constant(imm, width))
        }
    }

    private struct Test {
        var condition: ARM64Condition
        var width: ARM64Width
        /// Whether the operands have bits in common, else how they compare.
        var isMask = false
    }

    private static func test(_ operation: Operation) -> Test {
        switch operation {
        case .jeq64Imm, .jeq64Reg: Test(condition: .equal, width: .bits64)
        case .jgt64Imm, .jgt64Reg: Test(condition: .higher, width: .bits64)
        case .jge64Imm, .jge64Reg: Test(condition: .higherOrSame, width: .bits64)
        case .jset64Imm, .jset64Reg: Test(condition: .notEqual, width: .bits64, isMask: true)
        case .jne64Imm, .jne64Reg: Test(condition: .notEqual, width: .bits64)
        case .jsgt64Imm, .jsgt64Reg: Test(condition: .greater, width: .bits64)
        case .jsge64Imm, .jsge64Reg: Test(condition: .greaterOrEqual, width: .bits64)
        case .jlt64Imm, .jlt64Reg: Test(condition: .lower, width: .bits64)
        case .jle64Imm, .jle64Reg: Test(condition: .lowerOrSame, width: .bits64)
        case .jslt64Imm, .jslt64Reg: Test(condition: .less, width: .bits64)
        case .jsle64Imm, .jsle64Reg: Test(condition: .lessOrEqual, width: .bits64)
        case .jeq32Imm, .jeq32Reg: Test(condition: .equal, width: .bits32)
        case .jgt32Imm, .jgt32Reg: Test(condition: .higher, width: .bits32)
        case .jge32Imm, .jge32Reg: Test(condition: .higherOrSame, width: .bits32)
        case .jset32Imm, .jset32Reg: Test(condition: .notEqual, width: .bits32, isMask: true)
        case .jne32Imm, .jne32Reg: Test(condition: .notEqual, width: .bits32)
        case .jsgt32Imm, .jsgt32Reg: Test(condition: .greater, width: .bits32)
        case .jsge32Imm, .jsge32Reg: Test(condition: .greaterOrEqual, width: .bits32)
        case .jlt32Imm, .jlt32Reg: Test(condition: .lower, width: .bits32)
        case .jle32Imm, .jle32Reg: Test(condition: .lowerOrSame, width: .bits32)
        case .jslt32Imm, .jslt32Reg: Test(condition: .less, width: .bits32)
        default: Test(condition: .lessOrEqual, width: .bits32)
        }
    }

    // MARK: Fuel

    /// Takes it from the fuel; negative is what is left of too little.
    mutating func pay(_ cost: Int) {
        if let encoded = ARM64Immediate.arithmetic(UInt64(cost)) {
            assembler.sum(.subs, .bits64, Self.fuel, Self.fuel, imm: encoded)
        } else {
            assembler.sum(.subs, .bits64, Self.fuel, Self.fuel, constant(Int64(cost), .bits64))
        }
    }

    /// Nil: what the helper said.
    mutating func payHelper(_ cost: Int?, _ index: Int) {
        guard tracksFuel else { return }
        if let cost {
            pay(cost)
        } else {
            assembler.load(.bits64, Self.scratch, field(NativeLayout.State.helperCost))
            assembler.sum(.subs, .bits64, Self.fuel, Self.fuel, Self.scratch)
        }
        assembler.jump(.negative, faultExit(.outOfFuel, index))
    }
}
