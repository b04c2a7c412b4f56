import ISA

// Loads, stores and atomic operations: RFC 9669 sections 5.1 to 5.3. The verifier has checked them.
extension X86Compiler {
    mutating func writeAccess(_ step: NativeStep) {
        let dst = register(step.dst)
        let src = register(step.src)
        let from = X86Address(src, step.offset)
        let to = X86Address(dst, step.offset)
        let imm = Int32(truncatingIfNeeded: step.imm)
        switch step.operation {
        case .ldx8: assembler.load(.bits8, dst, from)
        case .ldx16: assembler.load(.bits16, dst, from)
        case .ldx32: assembler.load(.bits32, dst, from)
        case .ldx64: assembler.load(.bits64, dst, from)
        case .ldxs8: assembler.loadSigned(.bits8, dst, from)
        case .ldxs16: assembler.loadSigned(.bits16, dst, from)
        case .ldxs32: assembler.loadSigned(.bits32, dst, from)
        case .st8: assembler.store(.bits8, to, imm: imm)
        case .st16: assembler.store(.bits16, to, imm: imm)
        case .st32: assembler.store(.bits32, to, imm: imm)
        case .st64: assembler.store(.bits64, to, imm: imm)
        case .stx8: assembler.store(.bits8, to, src)
        case .stx16: assembler.store(.bits16, to, src)
        case .stx32: assembler.store(.bits32, to, src)
        case .stx64: assembler.store(.bits64, to, src)
        default: writeAtomic(step, to, src)
        }
    }

    private mutating func writeAtomic(_ step: NativeStep, _ to: X86Address, _ src: X86Register) {
        let isWide = step.operation.rawValue >= Operation.atomicAdd64.rawValue
        let width: X86Width = isWide ? .bits64 : .bits32
        switch step.operation {
        case .atomicAdd32, .atomicAdd64: assembler.alu(.add, width, to, src, locked: true)
        case .atomicOr32, .atomicOr64: assembler.alu(.or, width, to, src, locked: true)
        case .atomicAnd32, .atomicAnd64: assembler.alu(.and, width, to, src, locked: true)
        case .atomicXor32, .atomicXor64: assembler.alu(.xor, width, to, src, locked: true)
        case .atomicFetchAdd32, .atomicFetchAdd64: assembler.exchangeAdd(width, to, src)
        case .atomicFetchOr32, .atomicFetchOr64: fetch(.or, width, to, src)
        case .atomicFetchAnd32, .atomicFetchAnd64: fetch(.and, width, to, src)
        case .atomicFetchXor32, .atomicFetchXor64: fetch(.xor, width, to, src)
        case .atomicXchg32, .atomicXchg64: assembler.exchange(width, to, src)
        default:
            assembler.compareExchange(width, to, src)
            // Where they were equal, the processor leaves the upper half of rax alone.
            if width == .bits32 { assembler.mov(.bits32, .rax, .rax) }
        }
    }

    /// x86-64 has no such instruction: tries until nobody was faster.
    private mutating func fetch(_ op: X86Assembler.ALU, _ width: X86Width, _ to: X86Address, _ src: X86Register) {
        let again = assembler.label()
        let place = X86Address(Self.scratch)
        assembler.lea(.bits64, Self.scratch, to)
        assembler.push(.rax)
        assembler.load(width, .rax, place)
        assembler.bind(again)
        assembler.mov(width, Self.scratch2, .rax)
        if src == .rax {
            assembler.alu(op, width, Self.scratch2, X86Address(.rsp))
        } else {
            assembler.alu(op, width, Self.scratch2, src)
        }
        assembler.compareExchange(width, place, Self.scratch2)
        assembler.jump(.notEqual, again)
        if src == .rax {
            // The old value is r0 now.
            assembler.lea(.bits64, .rsp, X86Address(.rsp, 8))
        } else {
            assembler.mov(width, src, .rax)
            assembler.pop(.rax)
        }
    }
}

// Loads that the optimizer has put together.
extension X86Compiler {
    mutating func writeSwappedLoad(_ step: NativeStep) {
        let dst = register(step.dst)
        let from = X86Address(register(step.src), step.offset)
        let width = step.operation.loadSize
        if width == .bits16 {
            assembler.load(.bits16, dst, from)
            assembler.shift(.rol, .bits16, dst, by: 8)
        } else if source.features.contains(.movbe) {
            assembler.movbe(width, dst, from)
        } else {
            assembler.load(width, dst, from)
            assembler.bswap(width, dst)
        }
    }

    /// 8 bytes, of which 6 are left. The base may be the destination.
    mutating func writeMaskedLoad48(_ step: NativeStep) {
        let mask = mask48 ?? assembler.constants(0xFFFF_FFFF_FFFF)
        mask48 = mask
        let dst = register(step.dst)
        assembler.load(.bits64, dst, X86Address(register(step.src), step.offset))
        assembler.alu(.and, .bits64, dst, X86Address(mask))
    }

    /// 6 bytes: 4 of them and 2 of them. The base may be the destination.
    mutating func writeLoad48(_ step: NativeStep) {
        let isSwapped = step.form == .swappedLoad48
        let dst = register(step.dst)
        let base = register(step.src)
        assembler.load(.bits16, Self.scratch, X86Address(base, step.offset + (isSwapped ? 0 : 4)))
        let low = X86Address(base, step.offset + (isSwapped ? 2 : 0))
        if !isSwapped {
            assembler.load(.bits32, dst, low)
        } else if source.features.contains(.movbe) {
            assembler.movbe(.bits32, dst, low)
        } else {
            assembler.load(.bits32, dst, low)
            assembler.bswap(.bits32, dst)
        }
        if isSwapped { assembler.shift(.rol, .bits16, Self.scratch, by: 8) }
        assembler.shift(.shl, .bits64, Self.scratch, by: 32)
        assembler.alu(.or, .bits64, dst, Self.scratch)
    }
}

extension Operation {
    /// Width of a load; 64 bits of what is none.
    var loadSize: X86Width {
        switch self {
        case .ldx8: .bits8
        case .ldx16: .bits16
        case .ldx32: .bits32
        default: .bits64
        }
    }
}
