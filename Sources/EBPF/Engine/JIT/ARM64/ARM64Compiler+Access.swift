import ISA

// Loads and stores: RFC 9669 sections 5.1 and 5.2. The verifier has checked them.
extension ARM64Compiler {
    mutating func writeAccess(_ step: NativeStep) {
        let to = ARM64Address(register(step.dst), step.offset)
        switch step.operation {
        case .ldx8, .ldx16, .ldx32, .ldx64, .ldxs8, .ldxs16, .ldxs32:
            load(step.operation, register(step.dst), ARM64Address(register(step.src), step.offset))
        case .st8: store(.bits8, to, step.imm)
        case .st16: store(.bits16, to, step.imm)
        case .st32: store(.bits32, to, step.imm)
        case .st64: store(.bits64, to, step.imm)
        case .stx8: store(.bits8, to, register(step.src))
        case .stx16: store(.bits16, to, register(step.src))
        case .stx32: store(.bits32, to, register(step.src))
        case .stx64: store(.bits64, to, register(step.src))
        default: writeAtomic(step)
        }
    }

    mutating func load(_ operation: Operation, _ dst: ARM64Register, _ from: ARM64Address) {
        switch operation {
        case .ldx8: load(.bits8, dst, from)
        case .ldx16: load(.bits16, dst, from)
        case .ldx32: load(.bits32, dst, from)
        case .ldxs8: loadSigned(.bits8, dst, from)
        case .ldxs16: loadSigned(.bits16, dst, from)
        case .ldxs32: loadSigned(.bits32, dst, from)
        default: load(.bits64, dst, from)
        }
    }

    // An offset that is not encodable comes from a register.

    mutating func load(_ width: ARM64Width, _ dst: ARM64Register, _ from: ARM64Address) {
        guard !from.isEncodable(width) else { return assembler.load(width, dst, from) }
        assembler.load(width, dst, from.base, index: constant(Int64(from.offset), .bits64))
    }

    private mutating func loadSigned(_ width: ARM64Width, _ dst: ARM64Register, _ from: ARM64Address) {
        guard !from.isEncodable(width) else { return assembler.loadSigned(width, dst, from) }
        assembler.loadSigned(width, dst, from.base, index: constant(Int64(from.offset), .bits64))
    }

    mutating func store(_ width: ARM64Width, _ to: ARM64Address, _ src: ARM64Register) {
        guard !to.isEncodable(width) else { return assembler.store(width, to, src) }
        assembler.store(width, to.base, index: constant(Int64(to.offset), .bits64), src)
    }

    private mutating func store(_ width: ARM64Width, _ to: ARM64Address, _ imm: Int64) {
        let value = bits(imm, width == .bits64 ? .bits64 : .bits32)
        if value == 0 { return store(width, to, ARM64Register.zero) }
        assembler.mov(Self.scratch2, value)
        store(width, to, Self.scratch2)
    }

    // MARK: Loads that the optimizer has put together

    mutating func writeSwappedLoad(_ step: NativeStep) {
        let dst = register(step.dst)
        let width: ARM64Width =
            step.operation == .ldx16 ? .bits16 : step.operation == .ldx32 ? .bits32 : .bits64
        load(width, dst, ARM64Address(register(step.src), step.offset))
        assembler.reverse(width, dst, dst)
    }

    /// 6 bytes: 4 of them and 2 of them. The base may be the destination.
    mutating func writeLoad48(_ step: NativeStep) {
        let isSwapped = step.form == .swappedLoad48
        let dst = register(step.dst)
        let base = register(step.src)
        let high = Self.scratch2
        load(.bits16, high, ARM64Address(base, step.offset + (isSwapped ? 0 : 4)))
        load(.bits32, dst, ARM64Address(base, step.offset + (isSwapped ? 2 : 0)))
        if isSwapped {
            assembler.reverse(.bits16, high, high)
            assembler.reverse(.bits32, dst, dst)
        }
        assembler.logical(.orr, .bits64, dst, dst, high, shift: 32)
    }
}
