import ISA

// Steps that are written together, as instructions that do more than one of them.
extension X86Compiler {
    /// Writes the step and those that follow as one, where that can be; gives the last of them.
    mutating func fuse(_ index: Int) -> Int? {
        let step = steps[index]
        if step.form == .lookup { return fuseLookup(step, index) }
        if step.form == .hashLookup { return fuseHashLookup(step, index) }
        guard step.form == .plain else { return nil }
        switch step.operation {
        case .mov64Reg, .mov32Reg: return fuseMove(step, index)
        case .and64Imm, .and32Imm: return fuseTest(index, source: step.dst, isNarrow: false)
        case .ldx32, .ldx64:
            guard updateEnd(step, index) != nil else { return fuseComparison(step, index) }
            return fuseUpdate(step, index, at: X86Address(register(step.src), step.offset))
        default: return nil
        }
    }

    /// `d = s; d op= x` where there is an instruction with a destination of its own.
    private mutating func fuseMove(_ step: NativeStep, _ index: Int) -> Int? {
        guard step.dst != step.src, let next = following(index), steps[next].form == .plain,
            steps[next].dst == step.dst
        else { return nil }
        let second = steps[next]
        let isWide = step.operation == .mov64Reg
        let dst = register(step.dst)
        let src = register(step.src)
        let imm = Int32(truncatingIfNeeded: second.imm)
        switch second.operation {
        case .and64Imm, .and32Imm:
            if let last = fuseTest(next, source: step.src, isNarrow: !isWide) { return last }
            guard second.imm == 0xFF || second.imm == 0xFFFF else { return nil }
            assembler.extendZero(second.imm == 0xFF ? .bits8 : .bits16, dst, src)
        case .add64Imm where isWide: assembler.lea(.bits64, dst, X86Address(src, imm))
        case .add32Imm: assembler.lea(.bits32, dst, X86Address(src, imm))
        case .sub64Imm where isWide && imm != .min: assembler.lea(.bits64, dst, X86Address(src, -imm))
        case .sub32Imm where imm != .min: assembler.lea(.bits32, dst, X86Address(src, -imm))
        case .add64Reg where isWide && second.src != step.dst, .add32Reg where second.src != step.dst:
            if let last = fuseSum(step, second, next) { return last }
            if second.operation == .add32Reg {
                assembler.lea(.bits32, dst, Self.sum(src, register(second.src)))
                break
            }
            assembler.lea(.bits64, dst, Self.sum(src, register(second.src)))
        case .mul64Imm where isWide: assembler.imul(.bits64, dst, src, imm)
        case .mul32Imm: assembler.imul(.bits32, dst, src, imm)
        default: return fuseShift(second, next, isWide: isWide, dst, src, moved: step.dst)
        }
        return next
    }

    /// `t = a; t += b; d -= t` where t is not needed any more: what came last of a and b is waited for but once.
    private mutating func fuseSum(_ first: NativeStep, _ second: NativeStep, _ index: Int) -> Int? {
        guard let last = following(index), steps[last].form == .plain, steps[last].src == first.dst,
            steps[last].dst != first.dst, steps[last].dst != second.src, steps[last].dst != first.src,
            flow.liveAfter(last) & 1 << RegisterSet(first.dst) == 0
        else { return nil }
        let isWide = first.operation == .mov64Reg && second.operation == .add64Reg
        let operation: X86Assembler.ALU
        let width: X86Width
        switch steps[last].operation {
        case .sub64Reg where isWide: (operation, width) = (.sub, .bits64)
        case .add64Reg where isWide: (operation, width) = (.add, .bits64)
        case .sub32Reg: (operation, width) = (.sub, .bits32)
        case .add32Reg: (operation, width) = (.add, .bits32)
        default: return nil
        }
        let isFirstLater = lastWrite[Int(first.src)] > lastWrite[Int(second.src)]
        let dst = register(steps[last].dst)
        assembler.alu(operation, width, dst, register(isFirstLater ? second.src : first.src))
        assembler.alu(operation, width, dst, register(isFirstLater ? first.src : second.src))
        return last
    }

    private mutating func fuseShift(
        _ step: NativeStep, _ index: Int, isWide: Bool, _ dst: X86Register, _ src: X86Register, moved: UInt8
    ) -> Int? {
        guard source.features.contains(.bmi2), step.src != moved else { return nil }
        let count = register(step.src)
        switch step.operation {
        case .lsh64Reg where isWide: assembler.shift(.shl, .bits64, dst, src, by: count)
        case .rsh64Reg where isWide: assembler.shift(.shr, .bits64, dst, src, by: count)
        case .arsh64Reg where isWide: assembler.shift(.sar, .bits64, dst, src, by: count)
        case .lsh32Reg: assembler.shift(.shl, .bits32, dst, src, by: count)
        case .rsh32Reg: assembler.shift(.shr, .bits32, dst, src, by: count)
        case .arsh32Reg: assembler.shift(.sar, .bits32, dst, src, by: count)
        default: return nil
        }
        return index
    }

    /// rsp is no index, and never one of these; rbp and r13 as a base take a displacement.
    private static func sum(_ a: X86Register, _ b: X86Register) -> X86Address {
        a.low == 5 ? X86Address(b, index: a) : X86Address(a, index: b)
    }

    /// `d &= mask; if d == 0` (or not) where d is not needed any more: a test of the source.
    private mutating func fuseTest(_ index: Int, source: UInt8, isNarrow: Bool) -> Int? {
        let step = steps[index]
        guard let next = following(index), steps[next].form == .plain, steps[next].dst == step.dst,
            steps[next].imm == 0
        else { return nil }
        let jump = steps[next]
        // What comes from 32 bits has no others that a mask could leave.
        let isWide = step.operation == .and64Imm && !isNarrow
        let target = next + 1 + Int(jump.offset)
        let bit = RegisterSet(1) << RegisterSet(step.dst)
        let condition: X86Condition
        switch jump.operation {
        case .jeq64Imm: condition = .equal
        case .jne64Imm: condition = .notEqual
        // The lower half is what was masked, or all that matters.
        case .jeq32Imm where !isWide || step.imm >= 0: condition = .equal
        case .jne32Imm where !isWide || step.imm >= 0: condition = .notEqual
        default: return nil
        }
        guard flow.liveBefore[next + 1] & bit == 0, flow.liveBefore[target] & bit == 0,
            target > next || !tracksFuel
        else { return nil }
        assembler.test(isWide ? .bits64 : .bits32, register(source), Int32(truncatingIfNeeded: step.imm))
        assembler.jump(condition, label(target))
        return next
    }

    /// `x = *p; if x < y` where x is not needed any more: a comparison of memory.
    private mutating func fuseComparison(_ load: NativeStep, _ index: Int) -> Int? {
        guard let next = following(index) else { return nil }
        let jump = steps[next]
        let target = next + 1 + Int(jump.offset)
        let bit = RegisterSet(1) << RegisterSet(load.dst)
        guard jump.form == .plain, jump.operation.isConditionalJump, jump.dst == load.dst,
            !Self.isTest(jump.operation), flow.liveBefore[next + 1] & bit == 0, flow.liveBefore[target] & bit == 0,
            target > next || !tracksFuel
        else { return nil }
        let place = X86Address(register(load.src), load.offset)
        let (condition, width) = Self.condition(jump.operation)
        guard width == (load.operation == .ldx64 ? .bits64 : .bits32) else { return nil }
        if jump.operation.takesRegister {
            guard jump.src != load.dst else { return nil }
            assembler.alu(.cmp, width, place, register(jump.src))
        } else {
            assembler.alu(.cmp, width, place, Int32(truncatingIfNeeded: jump.imm))
        }
        assembler.jump(condition, label(target))
        return next
    }

    /// The store that ends `x = *p; x op= y; *p = x`, where x is not needed any more and there is such an instruction.
    func updateEnd(_ load: NativeStep, _ index: Int) -> Int? {
        guard let middle = following(index), let last = following(middle) else { return nil }
        let change = steps[middle]
        let store = steps[last]
        let isWide = load.operation == .ldx64
        guard change.form == .plain, store.form == .plain, change.dst == load.dst, store.src == load.dst,
            store.dst == load.src, store.dst != load.dst, store.offset == load.offset,
            store.operation == (isWide ? .stx64 : .stx32), flow.liveAfter(last) & 1 << RegisterSet(load.dst) == 0
        else { return nil }
        switch change.operation {
        case .add64Imm: return last
        case .add32Imm: return isWide ? nil : last
        case .add64Reg, .or64Reg, .xor64Reg: return change.src == load.dst ? nil : last
        case .add32Reg: return isWide || change.src == load.dst ? nil : last
        default: return nil
        }
    }

    /// Writes what `updateEnd` has found as one operation on memory.
    mutating func fuseUpdate(_ load: NativeStep, _ index: Int, at place: X86Address) -> Int? {
        guard let middle = following(index), let last = following(middle) else { return nil }
        let change = steps[middle]
        let width: X86Width = load.operation == .ldx64 ? .bits64 : .bits32
        let imm = Int32(truncatingIfNeeded: change.imm)
        let other = register(change.src)
        switch change.operation {
        case .add64Imm, .add32Imm: assembler.alu(.add, width, place, imm)
        case .or64Reg: assembler.alu(.or, width, place, other)
        case .xor64Reg: assembler.alu(.xor, width, place, other)
        default: assembler.alu(.add, width, place, other)
        }
        return last
    }
}
