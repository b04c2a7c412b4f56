import ISA

// Arithmetic, moves, byte swaps: RFC 9669 sections 4.1 and 4.2.
extension ARM64Compiler {
    /// - Parameter left: the first operand, or that of a unary operation: `dst`, or where a move took it from.
    mutating func writeArithmetic(_ step: NativeStep, left: ARM64Register) {
        let dst = register(step.dst)
        let src = register(step.src)
        let imm = step.imm
        switch step.operation {
        case .add64Imm: add(.bits64, dst, left, imm)
        case .add32Imm: add(.bits32, dst, left, imm)
        case .sub64Imm: add(.bits64, dst, left, 0 &- imm)
        case .sub32Imm: add(.bits32, dst, left, 0 &- imm)
        case .or64Imm: logical(.orr, .bits64, dst, left, imm)
        case .or32Imm: logical(.orr, .bits32, dst, left, imm)
        case .and64Imm: logical(.and, .bits64, dst, left, imm)
        case .and32Imm: logical(.and, .bits32, dst, left, imm)
        case .xor64Imm: logical(.eor, .bits64, dst, left, imm)
        case .xor32Imm: logical(.eor, .bits32, dst, left, imm)
        case .add64Reg: assembler.sum(.add, .bits64, dst, left, src)
        case .add32Reg: assembler.sum(.add, .bits32, dst, left, src)
        case .sub64Reg: assembler.sum(.sub, .bits64, dst, left, src)
        case .sub32Reg: assembler.sum(.sub, .bits32, dst, left, src)
        case .or64Reg: assembler.logical(.orr, .bits64, dst, left, src)
        case .or32Reg: assembler.logical(.orr, .bits32, dst, left, src)
        case .and64Reg: assembler.logical(.and, .bits64, dst, left, src)
        case .and32Reg: assembler.logical(.and, .bits32, dst, left, src)
        case .xor64Reg: assembler.logical(.eor, .bits64, dst, left, src)
        case .xor32Reg: assembler.logical(.eor, .bits32, dst, left, src)
        case .mul64Reg: assembler.multiply(.bits64, dst, left, src)
        case .mul32Reg: assembler.multiply(.bits32, dst, left, src)
        case .mul64Imm: assembler.multiply(.bits64, dst, left, constant(imm, .bits64))
        case .mul32Imm: assembler.multiply(.bits32, dst, left, constant(imm, .bits32))
        case .lsh64Imm: shift(.lsl, .bits64, dst, left, imm)
        case .lsh32Imm: shift(.lsl, .bits32, dst, left, imm)
        case .rsh64Imm: shift(.lsr, .bits64, dst, left, imm)
        case .rsh32Imm: shift(.lsr, .bits32, dst, left, imm)
        case .arsh64Imm: shift(.asr, .bits64, dst, left, imm)
        case .arsh32Imm: shift(.asr, .bits32, dst, left, imm)
        case .lsh64Reg: assembler.binary(.lsl, .bits64, dst, left, src)
        case .lsh32Reg: assembler.binary(.lsl, .bits32, dst, left, src)
        case .rsh64Reg: assembler.binary(.lsr, .bits64, dst, left, src)
        case .rsh32Reg: assembler.binary(.lsr, .bits32, dst, left, src)
        case .arsh64Reg: assembler.binary(.asr, .bits64, dst, left, src)
        case .arsh32Reg: assembler.binary(.asr, .bits32, dst, left, src)
        case .neg64: assembler.sum(.sub, .bits64, dst, .zero, left)
        case .neg32: assembler.sum(.sub, .bits32, dst, .zero, left)
        case .mov64Imm: assembler.mov(dst, UInt64(bitPattern: imm))
        case .mov32Imm: assembler.mov(dst, UInt64(bitPattern: imm & 0xFFFF_FFFF))
        case .mov64Reg: if dst != src { assembler.mov(.bits64, dst, src) }
        case .mov32Reg: assembler.mov(.bits32, dst, src)
        case .movsx8to64: assembler.extendSigned(.bits8, to: .bits64, dst, src)
        case .movsx16to64: assembler.extendSigned(.bits16, to: .bits64, dst, src)
        case .movsx32to64: assembler.extendSigned(.bits32, to: .bits64, dst, src)
        case .movsx8to32: assembler.extendSigned(.bits8, to: .bits32, dst, src)
        case .movsx16to32: assembler.extendSigned(.bits16, to: .bits32, dst, src)
        case .le16: assembler.extendZero(.bits16, dst, left)
        case .le32: assembler.mov(.bits32, dst, left)
        case .le64: if dst != left { assembler.mov(.bits64, dst, left) }
        case .be16, .bswap16:
            assembler.reverse(.bits16, dst, left)
            assembler.extendZero(.bits16, dst, dst)
        case .be32, .bswap32: assembler.reverse(.bits32, dst, left)
        case .be64, .bswap64: assembler.reverse(.bits64, dst, left)
        default: divide(step, dst, left)
        }
    }

    /// The bits of a number that an operation of this width takes.
    func bits(_ imm: Int64, _ width: ARM64Width) -> UInt64 {
        UInt64(bitPattern: width == .bits64 ? imm : imm & 0xFFFF_FFFF)
    }

    /// A register that holds them: the first scratch register, or that of zero.
    mutating func constant(_ imm: Int64, _ width: ARM64Width) -> ARM64Register {
        let bits = bits(imm, width)
        if bits == 0 { return .zero }
        assembler.mov(Self.scratch, bits)
        return Self.scratch
    }

    mutating func add(_ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ imm: Int64) {
        // Of 32 bits the number is one with its sign too.
        let imm = width == .bits64 ? imm : Int64(Int32(truncatingIfNeeded: imm))
        if let encoded = ARM64Immediate.arithmetic(imm.magnitude) {
            assembler.sum(imm < 0 ? .sub : .add, width, dst, left, imm: encoded)
        } else {
            assembler.sum(.add, width, dst, left, constant(imm, width))
        }
    }

    private mutating func logical(
        _ op: ARM64Assembler.Logical, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ imm: Int64
    ) {
        let value = bits(imm, width)
        if let encoded = ARM64Immediate.logical(value, width) {
            assembler.logical(op, width, dst, left, imm: encoded, value: value)
        } else {
            assembler.logical(op, width, dst, left, constant(imm, width))
        }
    }

    private mutating func shift(
        _ op: ARM64Assembler.Binary, _ width: ARM64Width, _ dst: ARM64Register, _ left: ARM64Register, _ imm: Int64
    ) {
        let count = Int(truncatingIfNeeded: imm) & (width.bits - 1)
        if count != 0 {
            assembler.shift(op, width, dst, left, by: count)
        } else if width == .bits32 || dst != left {
            assembler.mov(width, dst, left)
        }
    }

    // MARK: Division

    /// The processor's division is that of RFC 9669: by 0 it gives 0, and the least number by -1 itself.
    private mutating func divide(_ step: NativeStep, _ dst: ARM64Register, _ left: ARM64Register) {
        let width: ARM64Width
        let op: ARM64Assembler.Binary
        var wantsRemainder = false
        switch step.operation {
        case .div64Imm, .div64Reg: (width, op) = (.bits64, .udiv)
        case .mod64Imm, .mod64Reg: (width, op, wantsRemainder) = (.bits64, .udiv, true)
        case .sdiv64Imm, .sdiv64Reg: (width, op) = (.bits64, .sdiv)
        case .smod64Imm, .smod64Reg: (width, op, wantsRemainder) = (.bits64, .sdiv, true)
        case .div32Imm, .div32Reg: (width, op) = (.bits32, .udiv)
        case .mod32Imm, .mod32Reg: (width, op, wantsRemainder) = (.bits32, .udiv, true)
        case .sdiv32Imm, .sdiv32Reg: (width, op) = (.bits32, .sdiv)
        default: (width, op, wantsRemainder) = (.bits32, .sdiv, true)
        }
        let takesRegister = step.operation.takesRegister
        let divisor = bits(step.imm, width)
        if !takesRegister, op == .udiv, divisor.nonzeroBitCount == 1 {
            if !wantsRemainder {
                shift(.lsr, width, dst, left, Int64(divisor.trailingZeroBitCount))
            } else {
                logical(.and, width, dst, left, Int64(bitPattern: divisor &- 1))
            }
            return
        }
        let right = takesRegister ? register(step.src) : constant(step.imm, width)
        guard wantsRemainder else { return assembler.binary(op, width, dst, left, right) }
        // What 0 times anything is taken from stays.
        assembler.binary(op, width, Self.scratch2, left, right)
        assembler.multiplySubtract(width, dst, Self.scratch2, right, left)
    }

    // MARK: A move and what follows

    /// `d = s; d op= x`, as an operation with a destination of its own.
    mutating func fuseMove(_ step: NativeStep, _ index: Int) -> Int? {
        guard step.dst != step.src, let next = following(index), steps[next].form == .plain,
            steps[next].dst == step.dst, steps[next].operation.changesDestination
        else { return nil }
        var second = steps[next]
        // Of a move of 32 bits there is more than the lower half of its source.
        guard step.operation == .mov64Reg || second.operation.isNarrow else { return nil }
        if second.operation.takesRegister, second.src == step.dst { second.src = step.src }
        writeArithmetic(second, left: register(step.src))
        return next
    }
}

extension Operation {
    /// Arithmetic whose first operand is the destination's former value.
    fileprivate var changesDestination: Bool {
        switch self {
        case .mov64Imm, .mov64Reg, .mov32Imm, .mov32Reg, .movsx8to64, .movsx16to64, .movsx32to64, .movsx8to32,
            .movsx16to32:
            false
        default: rawValue < Operation.jeq64Imm.rawValue
        }
    }

    /// Whether nothing but the lower half of the operands counts.
    fileprivate var isNarrow: Bool {
        switch self {
        case .le16, .le32, .be16, .be32, .bswap16, .bswap32: true
        default: rawValue >= Operation.add32Imm.rawValue && rawValue <= Operation.neg32.rawValue
        }
    }
}
