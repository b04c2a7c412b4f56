import ISA

// ALU, moves and byte swaps, RFC 9669 section 4.1 and 4.2.
extension Explorer {
    func arithmetic(_ step: Step) throws(Rejection) {
        try requireReadable(step.dst)
        var operand = Register(constant: UInt64(bitPattern: step.imm))
        if step.usesRegister {
            try requireReadable(step.src)
            operand = registers[step.src]
        }
        let target = registers[step.dst]
        if step.is32 && step.alu == .sub && target.hasPacketBits && operand.hasPacketBits {
            // A length, as the low halves of two pointers give it.
            registers[step.dst] = Register(scalar: Scalar.unsigned(bits: 32))
            return
        }
        switch (target.isPointer, operand.isPointer) {
        case (false, false):
            scalarArithmetic(step, operand)
        case (true, false):
            try pointerArithmetic(step, pointer: target, number: operand)
        case (false, true):
            guard step.alu == .add, !step.is32 else {
                throw reject(
                    .pointerArithmetic, "\(step.name) of a number and a pointer is not allowed",
                    registers: [step.dst, step.src])
            }
            try pointerArithmetic(step, pointer: operand, number: target)
        case (true, true):
            try difference(step, target, operand)
        }
    }

    private func scalarArithmetic(_ step: Step, _ operand: Register) {
        let target = registers + step.dst
        if target.pointee.isPointerBits || operand.isPointerBits {
            target.pointee = .unknown
            target.pointee.isPointerBits = true
            if step.is32 { target.pointee.number.truncate(to: 32) }
            return
        }
        let id = target.pointee.id
        let distance = target.pointee.offset
        target.pointee.number.apply(step.alu, operand.number, is32: step.is32)
        if PlantedFlaw.isPlanted(.copySurvivesArithmetic) { return }
        target.pointee.id = 0
        target.pointee.offset = 0
        // A copy that differs by a constant learns from what is compared with the other.
        guard !step.is32, id != 0, let constant = operand.number.constant, step.alu == .add || step.alu == .sub else {
            return
        }
        let change = step.alu == .add ? Int64(bitPattern: constant) : 0 &- Int64(bitPattern: constant)
        let (sum, overflow) = Int64(distance).addingReportingOverflow(change)
        guard !overflow, let kept = Int32(exactly: sum) else { return }
        target.pointee.id = id
        target.pointee.offset = kept
    }

    /// Pointer plus or minus number; the result is in `dst`.
    private func pointerArithmetic(_ step: Step, pointer: Register, number: Register) throws(Rejection) {
        let involved = step.usesRegister ? [step.dst, step.src] : [step.dst]
        guard step.alu == .add || step.alu == .sub else {
            throw reject(
                .pointerArithmetic, "\(step.name) is not allowed on \(pointer.noun)", registers: involved)
        }
        guard !step.is32 else {
            throw reject(
                .pointerArithmetic, "32-bit arithmetic is not allowed on \(pointer.noun)", registers: involved,
                hint: "keep pointers in 64-bit variables")
        }
        if pointer.mayBeNull && !PlantedFlaw.isPlanted(.nullPointerArithmetic) {
            throw reject(
                .pointerArithmetic, "\(pointer.noun) may be null: arithmetic on it is not allowed before a check",
                registers: involved, hint: "compare it with NULL first")
        }
        if number.isPointerBits {
            throw reject(
                .pointerArithmetic, "a number made of a pointer can't be added to a pointer", registers: involved)
        }
        if type == .memory, pointer.kind == .packet, number.id == Self.memoryLength, number.offset == 0,
            step.alu == .add, pointer.offset == 0, pointer.hasFixedOffset
        {
            registers[step.dst] = Register(.packetEnd)
            return
        }
        switch pointer.kind {
        case .packetEnd, .map, .function:
            throw reject(
                .pointerArithmetic, "arithmetic is not allowed on \(pointer.noun)", registers: involved)
        default: break
        }
        var result = pointer
        if pointer.isPacket { result.excess = .unknown }
        if let constant = number.number.constant {
            let change = Int64(bitPattern: constant)
            let moved = Int64(pointer.offset) &+ (step.alu == .add ? change : 0 &- change)
            guard abs(clamping: change) < Self.maxOffset, abs(clamping: moved) < Self.maxOffset else {
                throw reject(
                    .pointerArithmetic, "the offset \(change) takes \(pointer.noun) too far", registers: involved)
            }
            result.offset = Int32(moved)
        } else {
            try requireBounded(number, pointer, step, involved)
            result.number.apply(step.alu, number.number, is32: false)
            if (pointer.kind == .packet || pointer.kind == .packetMeta)
                && !PlantedFlaw.isPlanted(.packetRangeSurvivesAddition)
            {
                result.id = newID()
                result.range = 0
            }
            guard result.number.smin > -Self.maxOffset else {
                throw reject(
                    .outOfBounds, "the offset may take \(pointer.noun) too far: it may be \(result.number)",
                    registers: involved, hint: "bound the number with a comparison or a mask before it is added")
            }
        }
        registers[step.dst] = result
    }

    /// Offsets of pointers stay within this. `BPF_MAX_VAR_OFF`, <linux/bpf_verifier.h>.
    static let maxOffset: Int64 = 1 << 29

    private func requireBounded(
        _ number: Register, _ pointer: Register, _ step: Step, _ involved: [Int]
    ) throws(Rejection) {
        guard pointer.kind != .context else {
            throw reject(
                .pointerArithmetic, "a number that is not known can't be added to the context", registers: involved)
        }
        if pointer.kind == .stack && step.alu == .sub {
            throw reject(
                .pointerArithmetic, "a number that is not known can't be taken from a stack pointer",
                registers: involved)
        }
        // How large it is matters where memory is accessed; what is only compared with the packet's end may be anything.
        guard number.number.smin > -Self.maxOffset else {
            throw reject(
                .outOfBounds,
                "the number that is added to \(pointer.noun) is not bounded: it may be \(number.number)",
                registers: involved, hint: "bound it with a comparison or a mask (`& 0xff`) before it is added")
        }
    }

    /// Pointer minus pointer.
    private func difference(_ step: Step, _ a: Register, _ b: Register) throws(Rejection) {
        guard step.alu == .sub, !a.mayBeNull, !b.mayBeNull else {
            throw reject(
                .pointerArithmetic, "\(step.name) of two pointers is not allowed", registers: [step.dst, step.src])
        }
        var result = Register.unknown
        // Lengths are no secret; how two other things lie in memory is.
        result.isPointerBits = !(a.isPacket && b.isPacket)
        if a.kind == .stack, b.kind == .stack, a.frame == b.frame { result.isPointerBits = false }
        if step.is32 { result.number.truncate(to: 32) }
        registers[step.dst] = result
    }

    func move(_ step: Step) throws(Rejection) {
        guard step.usesRegister else {
            let value = UInt64(bitPattern: step.imm)
            registers[step.dst] = Register(constant: step.is32 ? value & 0xFFFF_FFFF : value)
            return
        }
        try requireReadable(step.src)
        let source = registers + step.src
        if source.pointee.isPointer {
            guard step.is32 else {
                registers[step.dst] = source.pointee
                return
            }
            var half = Register.unknown
            half.isPointerBits = true
            // Of two packet pointers' halves the difference is a length.
            half.range = source.pointee.isPacket ? 1 : 0
            half.number.truncate(to: 32)
            registers[step.dst] = half
            return
        }
        let fits = source.pointee.number.umax <= UInt64(UInt32.max)
        if source.pointee.id == 0, !source.pointee.number.isConstant, !source.pointee.isPointerBits, !step.is32 || fits
        {
            source.pointee.id = newID()
            source.pointee.offset = 0
        }
        registers[step.dst] = source.pointee
        guard step.is32 else { return }
        registers[step.dst].number.truncate(to: 32)
        if !fits {
            registers[step.dst].id = 0
            registers[step.dst].offset = 0
        }
    }

    /// What becomes of the bits of a number, in place or from `src`.
    func convert(_ step: Step) throws(Rejection) {
        let from = step.kind == .moveSignExtended ? step.src : step.dst
        try requireReadable(from)
        guard !registers[from].isPointer else {
            throw reject(
                .pointerArithmetic, "\(step.name) is not allowed on \(registers[from].noun)", registers: [from])
        }
        var result = Register(scalar: registers[from].number)
        result.isPointerBits = registers[from].isPointerBits
        switch step.kind {
        case .moveSignExtended: result.number.moveSignExtended(from: step.size, is32: step.is32)
        case .negate: result.number.apply(.neg, .zero, is32: step.is32)
        case .swapBytes: result.number.swapBytes(bits: step.size)
        default:
            if step.size < 64 { result.number.truncate(to: step.size) }
        }
        registers[step.dst] = result
    }

    /// LDDW, RFC 9669 section 5.4.
    func loadWide(_ step: Step) throws(Rejection) {
        let low = UInt64(UInt32(truncatingIfNeeded: step.imm))
        let high = UInt64(UInt32(bitPattern: program.instructions[slot + 1].imm))
        switch WideSource(rawValue: UInt8(step.src)) {
        case .imm64:
            registers[step.dst] = Register(constant: high << 32 | low)
        case .map:
            var map = Register(.map)
            map.map = MapReference(Int(step.imm))
            registers[step.dst] = map
        case .mapValue:
            registers[step.dst] = directValue(of: Int(step.imm), offset: high)
        case .function:
            let target = slot + 1 + Int(step.imm)
            _ = try self.function(at: target)
            var function = Register(.function)
            function.offset = Int32(truncatingIfNeeded: target)
            registers[step.dst] = function
        default:
            throw reject(.unsupported, "this form of lddw is of the kernel's loader")
        }
    }

    /// `checkMaps` has seen to it that it is there.
    private func directValue(of index: Int, offset: UInt64) -> Register {
        var value = Register(.mapValue)
        value.map = MapReference(index)
        value.offset = Int32(offset)
        return value
    }
}

private func abs(clamping value: Int64) -> Int64 { value == .min ? .max : Swift.abs(value) }

extension Register {
    /// A pointer into the packet, or the low half of one.
    fileprivate var hasPacketBits: Bool { isPacket || isPointerBits && range > 0 }
}
