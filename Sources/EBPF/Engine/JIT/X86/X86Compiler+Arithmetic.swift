import ISA

// Arithmetic, moves, byte swaps: RFC 9669 sections 4.1 and 4.2.
extension X86Compiler {
    mutating func writeArithmetic(_ step: NativeStep, _ index: Int) {
        let dst = register(step.dst)
        let src = register(step.src)
        switch step.operation {
        case .add64Imm: add(.bits64, dst, step.imm)
        case .add32Imm: add(.bits32, dst, step.imm)
        case .sub64Imm: binary(.sub, .bits64, dst, step.imm)
        case .sub32Imm: binary(.sub, .bits32, dst, step.imm)
        case .or64Imm: binary(.or, .bits64, dst, step.imm)
        case .or32Imm: binary(.or, .bits32, dst, step.imm)
        case .and64Imm: and(dst, step.imm)
        case .and32Imm: binary(.and, .bits32, dst, step.imm)
        case .xor64Imm: binary(.xor, .bits64, dst, step.imm)
        case .xor32Imm: binary(.xor, .bits32, dst, step.imm)
        case .add64Reg: assembler.alu(.add, .bits64, dst, src)
        case .add32Reg: assembler.alu(.add, .bits32, dst, src)
        case .sub64Reg: assembler.alu(.sub, .bits64, dst, src)
        case .sub32Reg: assembler.alu(.sub, .bits32, dst, src)
        case .or64Reg: assembler.alu(.or, .bits64, dst, src)
        case .or32Reg: assembler.alu(.or, .bits32, dst, src)
        case .and64Reg: assembler.alu(.and, .bits64, dst, src)
        case .and32Reg: assembler.alu(.and, .bits32, dst, src)
        case .xor64Reg: assembler.alu(.xor, .bits64, dst, src)
        case .xor32Reg: assembler.alu(.xor, .bits32, dst, src)
        case .mul64Imm: assembler.imul(.bits64, dst, dst, Int32(truncatingIfNeeded: step.imm))
        case .mul32Imm: assembler.imul(.bits32, dst, dst, Int32(truncatingIfNeeded: step.imm))
        case .mul64Reg: assembler.imul(.bits64, dst, src)
        case .mul32Reg: assembler.imul(.bits32, dst, src)
        case .lsh64Imm: shift(.shl, .bits64, dst, step.imm)
        case .lsh32Imm: shift(.shl, .bits32, dst, step.imm)
        case .rsh64Imm: shift(.shr, .bits64, dst, step.imm)
        case .rsh32Imm: shift(.shr, .bits32, dst, step.imm)
        case .arsh64Imm: shift(.sar, .bits64, dst, step.imm)
        case .arsh32Imm: shift(.sar, .bits32, dst, step.imm)
        case .lsh64Reg: shift(.shl, .bits64, dst, src)
        case .lsh32Reg: shift(.shl, .bits32, dst, src)
        case .rsh64Reg: shift(.shr, .bits64, dst, src)
        case .rsh32Reg: shift(.shr, .bits32, dst, src)
        case .arsh64Reg: shift(.sar, .bits64, dst, src)
        case .arsh32Reg: shift(.sar, .bits32, dst, src)
        case .neg64: assembler.unary(.neg, .bits64, dst)
        case .neg32: assembler.unary(.neg, .bits32, dst)
        case .mov64Imm: assembler.mov(dst, step.imm)
        case .mov32Imm: assembler.mov(dst, step.imm & 0xFFFF_FFFF)
        case .mov64Reg: if dst != src { assembler.mov(.bits64, dst, src) }
        case .mov32Reg: assembler.mov(.bits32, dst, src)
        case .movsx8to64: assembler.extendSigned(.bits8, to: .bits64, dst, src)
        case .movsx16to64: assembler.extendSigned(.bits16, to: .bits64, dst, src)
        case .movsx32to64: assembler.extendSigned(.bits32, to: .bits64, dst, src)
        case .movsx8to32: assembler.extendSigned(.bits8, to: .bits32, dst, src)
        case .movsx16to32: assembler.extendSigned(.bits16, to: .bits32, dst, src)
        case .le16: assembler.extendZero(.bits16, dst, dst)
        case .le32: assembler.mov(.bits32, dst, dst)
        case .le64: break
        case .be16, .bswap16:
            assembler.shift(.rol, .bits16, dst, by: 8)
            assembler.extendZero(.bits16, dst, dst)
        case .be32, .bswap32: assembler.bswap(.bits32, dst)
        case .be64, .bswap64: assembler.bswap(.bits64, dst)
        default: divide(step, index)
        }
    }

    private mutating func binary(_ op: X86Assembler.ALU, _ width: X86Width, _ dst: X86Register, _ imm: Int64) {
        assembler.alu(op, width, dst, Int32(truncatingIfNeeded: imm))
    }

    private mutating func add(_ width: X86Width, _ dst: X86Register, _ imm: Int64) {
        // 128 has no form of one byte, its negative has.
        if imm == 128 {
            binary(.sub, width, dst, -128)
        } else {
            binary(.add, width, dst, imm)
        }
    }

    /// A positive mask clears the upper half, as every operation on 32 bits does.
    private mutating func and(_ dst: X86Register, _ imm: Int64) {
        switch imm {
        case 0xFF: assembler.extendZero(.bits8, dst, dst)
        case 0xFFFF: assembler.extendZero(.bits16, dst, dst)
        default: binary(.and, imm >= 0 ? .bits32 : .bits64, dst, imm)
        }
    }

    private mutating func shift(_ op: X86Assembler.Shift, _ width: X86Width, _ dst: X86Register, _ imm: Int64) {
        let count = UInt8(truncatingIfNeeded: imm) & UInt8(width.bits - 1)
        if count != 0 {
            assembler.shift(op, width, dst, by: count)
        } else if width == .bits32 {
            assembler.mov(.bits32, dst, dst)
        }
    }

    private mutating func shift(_ op: X86Assembler.Shift, _ width: X86Width, _ dst: X86Register, _ src: X86Register) {
        if source.features.contains(.bmi2) {
            assembler.shift(op, width, dst, dst, by: src)
        } else if src == .rcx {
            assembler.shiftByCL(op, width, dst)
            // A count of 0 leaves the upper half alone.
            if width == .bits32 { assembler.mov(.bits32, dst, dst) }
        } else {
            // rcx holds the count for a while; whoever is shifted in rcx is shifted elsewhere.
            assembler.mov(.bits64, Self.scratch, .rcx)
            assembler.mov(.bits32, .rcx, src)
            let place = dst == .rcx ? Self.scratch : dst
            assembler.shiftByCL(op, width, place)
            if width == .bits32 { assembler.mov(.bits32, place, place) }
            assembler.mov(.bits64, .rcx, Self.scratch)
        }
    }

    // MARK: Division

    private struct Division {
        var width: X86Width
        var isSigned = false
        var wantsRemainder = false
    }

    private static func division(_ operation: Operation) -> Division {
        switch operation {
        case .div64Imm, .div64Reg: Division(width: .bits64)
        case .mod64Imm, .mod64Reg: Division(width: .bits64, wantsRemainder: true)
        case .sdiv64Imm, .sdiv64Reg: Division(width: .bits64, isSigned: true)
        case .smod64Imm, .smod64Reg: Division(width: .bits64, isSigned: true, wantsRemainder: true)
        case .div32Imm, .div32Reg: Division(width: .bits32)
        case .mod32Imm, .mod32Reg: Division(width: .bits32, wantsRemainder: true)
        case .sdiv32Imm, .sdiv32Reg: Division(width: .bits32, isSigned: true)
        default: Division(width: .bits32, isSigned: true, wantsRemainder: true)
        }
    }

    private mutating func divide(_ step: NativeStep, _ index: Int) {
        let division = Self.division(step.operation)
        let dst = register(step.dst)
        guard !step.operation.takesRegister else {
            assembler.mov(division.width, Self.scratch, register(step.src))
            divideByScratch(division, dst, index)
            return
        }
        let wide = division.width == .bits64
        let divisor = wide ? step.imm : division.isSigned ? step.imm : step.imm & 0xFFFF_FFFF
        if divisor == 0 {
            divideByZero(division, dst)
        } else if division.isSigned, divisor == -1 {
            divideByMinusOne(division, dst)
        } else if !division.isSigned, divisor > 0, divisor & (divisor - 1) == 0 {
            divideByPower(division, dst, divisor)
        } else {
            assembler.mov(Self.scratch, divisor)
            writeDivision(division, dst, index)
        }
    }

    private mutating func divideByZero(_ division: Division, _ dst: X86Register) {
        if !division.wantsRemainder {
            assembler.mov(dst, 0)
        } else if division.width == .bits32 {
            assembler.mov(.bits32, dst, dst)
        }
    }

    private mutating func divideByMinusOne(_ division: Division, _ dst: X86Register) {
        if division.wantsRemainder {
            assembler.mov(dst, 0)
        } else {
            assembler.unary(.neg, division.width, dst)
        }
    }

    private mutating func divideByPower(_ division: Division, _ dst: X86Register, _ divisor: Int64) {
        if division.wantsRemainder {
            if let mask = Int32(exactly: divisor - 1) {
                assembler.alu(.and, .bits32, dst, mask)
            } else {
                assembler.mov(Self.scratch, divisor - 1)
                assembler.alu(.and, division.width, dst, Self.scratch)
            }
        } else {
            shift(.shr, division.width, dst, Int64(divisor.trailingZeroBitCount))
        }
    }

    /// The divisor is in the scratch register, and may be any number.
    private mutating func divideByScratch(_ division: Division, _ dst: X86Register, _ index: Int) {
        let zero = assembler.label()
        let done = assembler.label()
        assembler.test(division.width, Self.scratch, Self.scratch)
        assembler.jump(.equal, zero)
        if division.isSigned {
            let regular = assembler.label()
            assembler.alu(.cmp, division.width, Self.scratch, -1)
            assembler.jump(.notEqual, regular)
            divideByMinusOne(division, dst)
            assembler.jump(done)
            assembler.bind(regular)
        }
        writeDivision(division, dst, index)
        assembler.jump(done)
        assembler.bind(zero)
        divideByZero(division, dst)
        assembler.bind(done)
    }

    /// The divisor is in the scratch register, neither 0 nor, of signed numbers, -1. rax and rdx are the processor's.
    private mutating func writeDivision(_ division: Division, _ dst: X86Register, _ index: Int) {
        let live = flow.liveAfter(index)
        let keepsA = dst != .rax && live & 1 != 0
        let keepsD = dst != .rdx && live & 1 << 3 != 0
        if keepsA { assembler.mov(.bits64, Self.scratch2, .rax) }
        if keepsD { assembler.push(.rdx) }
        if dst != .rax { assembler.mov(division.width, .rax, dst) }
        if division.isSigned {
            assembler.extendAccumulator(division.width)
            assembler.unary(.idiv, division.width, Self.scratch)
        } else {
            assembler.mov(.rdx, 0)
            assembler.unary(.div, division.width, Self.scratch)
        }
        let result = division.wantsRemainder ? X86Register.rdx : .rax
        if dst != result { assembler.mov(division.width, dst, result) }
        if keepsD { assembler.pop(.rdx) }
        if keepsA { assembler.mov(.bits64, .rax, Self.scratch2) }
    }
}
