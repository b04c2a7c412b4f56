import ISA

// Atomic operations: RFC 9669 section 5.3. Sequentially consistent, by the Large System Extensions where the processor has
// them, else by pairs of exclusive loads and stores.
extension ARM64Compiler {
    private var hasLSE: Bool { source.features.contains(.lse) }

    mutating func writeAtomic(_ step: NativeStep) {
        let isWide = step.operation.rawValue >= Operation.atomicAdd64.rawValue
        let width: ARM64Width = isWide ? .bits64 : .bits32
        let src = register(step.src)
        let place = place(ARM64Address(register(step.dst), step.offset))
        switch step.operation {
        case .atomicAdd32, .atomicAdd64: update(.ldadd, width, place, src, fetches: false)
        case .atomicOr32, .atomicOr64: update(.ldset, width, place, src, fetches: false)
        case .atomicAnd32, .atomicAnd64: update(.ldclr, width, place, src, fetches: false)
        case .atomicXor32, .atomicXor64: update(.ldeor, width, place, src, fetches: false)
        case .atomicFetchAdd32, .atomicFetchAdd64: update(.ldadd, width, place, src, fetches: true)
        case .atomicFetchOr32, .atomicFetchOr64: update(.ldset, width, place, src, fetches: true)
        case .atomicFetchAnd32, .atomicFetchAnd64: update(.ldclr, width, place, src, fetches: true)
        case .atomicFetchXor32, .atomicFetchXor64: update(.ldeor, width, place, src, fetches: true)
        case .atomicXchg32, .atomicXchg64: update(.swp, width, place, src, fetches: true)
        default: compareExchange(width, place, src)
        }
    }

    /// Instructions of this kind have no offset.
    private mutating func place(_ address: ARM64Address) -> ARM64Register {
        if address.offset == 0 { return address.base }
        add(.bits64, Self.scratch, address.base, Int64(address.offset))
        return Self.scratch
    }

    private mutating func update(
        _ op: ARM64Assembler.Atomic, _ width: ARM64Width, _ place: ARM64Register, _ src: ARM64Register, fetches: Bool
    ) {
        guard hasLSE else { return updateExclusively(op, width, place, src, fetches: fetches) }
        // With the zero register as destination it would not order what comes after it.
        let old = fetches ? src : Self.scratch2
        var operand = src
        if op == .ldclr {
            assembler.not(width, Self.scratch3, src)
            operand = Self.scratch3
        }
        assembler.atomic(op, width, old: old, operand, at: place)
    }

    private mutating func updateExclusively(
        _ op: ARM64Assembler.Atomic, _ width: ARM64Width, _ place: ARM64Register, _ src: ARM64Register, fetches: Bool
    ) {
        let (old, new, status) = (Self.scratch2, Self.scratch3, ARM64Register.x13)
        let again = assembler.label()
        assembler.bind(again)
        assembler.loadExclusive(width, old, at: place)
        switch op {
        case .ldadd: assembler.sum(.add, width, new, old, src)
        case .ldset: assembler.logical(.orr, width, new, old, src)
        case .ldclr: assembler.logical(.and, width, new, old, src)
        case .ldeor: assembler.logical(.eor, width, new, old, src)
        case .swp: break
        }
        assembler.storeExclusive(width, status: status, op == .swp ? src : new, at: place)
        assembler.jumpIfNotZero(.bits32, status, again)
        if fetches { assembler.mov(width, src, old) }
    }

    /// r0 is what is expected, and gets what was there.
    private mutating func compareExchange(_ width: ARM64Width, _ place: ARM64Register, _ src: ARM64Register) {
        let old = Self.scratch2
        if hasLSE {
            assembler.mov(width, old, register(0))
            assembler.compareAndSwap(width, expected: old, src, at: place)
        } else {
            let again = assembler.label()
            let done = assembler.label()
            assembler.bind(again)
            assembler.loadExclusive(width, old, at: place)
            assembler.sum(.subs, width, .zero, old, register(0))
            assembler.jump(.notEqual, done)
            assembler.storeExclusive(width, status: Self.scratch3, src, at: place)
            assembler.jumpIfNotZero(.bits32, Self.scratch3, again)
            assembler.bind(done)
        }
        assembler.mov(width, register(0), old)
    }
}
