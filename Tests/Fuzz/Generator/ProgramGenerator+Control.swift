import ISA

extension ProgramGenerator {
    private static let conditions: [(imm64: Operation, reg64: Operation, imm32: Operation, reg32: Operation)] = [
        (.jeq64Imm, .jeq64Reg, .jeq32Imm, .jeq32Reg), (.jne64Imm, .jne64Reg, .jne32Imm, .jne32Reg),
        (.jgt64Imm, .jgt64Reg, .jgt32Imm, .jgt32Reg), (.jge64Imm, .jge64Reg, .jge32Imm, .jge32Reg),
        (.jlt64Imm, .jlt64Reg, .jlt32Imm, .jlt32Reg), (.jle64Imm, .jle64Reg, .jle32Imm, .jle32Reg),
        (.jsgt64Imm, .jsgt64Reg, .jsgt32Imm, .jsgt32Reg), (.jsge64Imm, .jsge64Reg, .jsge32Imm, .jsge32Reg),
        (.jslt64Imm, .jslt64Reg, .jslt32Imm, .jslt32Reg), (.jsle64Imm, .jsle64Reg, .jsle32Imm, .jsle32Reg),
        (.jset64Imm, .jset64Reg, .jset32Imm, .jset32Reg),
    ]

    /// A conditional jump on numbers.
    private mutating func condition(to label: CodeBuilder.Label) {
        guard let dst = number() else { return }
        let row = random.pick(Self.conditions)
        let isWide = random.chance(60)
        if random.chance(65) {
            jump(isWide ? row.imm64 : row.imm32, dst: dst, imm: random.edgeImm(), to: label)
        } else if let src = number() {
            jump(isWide ? row.reg64 : row.reg32, dst: dst, src: src, to: label)
        }
    }

    /// `if`, with or without `else`.
    mutating func branch() {
        guard depth < 4 else { return }
        let other = code.label()
        condition(to: other)
        block(random.pick(1...3))
        if random.chance(40), model.isReachable {
            let end = code.label()
            jumpAlways(to: end)
            place(other)
            if model.isReachable { block(random.pick(1...3)) }
            place(end)
        } else {
            place(other)
        }
    }

    private enum Shape: CaseIterable {
        case up, down, untilLimit, onStack
    }

    /// A loop with a bound.
    mutating func loop() {
        guard depth < 3, loops < 2, model.isReachable else { return }
        // Linux follows each iteration: nested loops are short.
        let count = random.pick(2...(loops == 0 ? 12 : 4))
        let shape = random.pick(Shape.allCases)
        let counters = (6...9).filter { !locked.contains($0) && !numeric.contains($0) }
        guard let counter = counters.randomElement(using: &random) else { return }
        let outer = (locked, numeric, lockedSlots, mayCall)
        let wasCalling = mayCall
        mayCall = wasCalling && random.chance(75)

        var bound: Int?
        if shape == .untilLimit {
            let others = (6...9).filter { !locked.contains($0) && !numeric.contains($0) && $0 != counter }
            guard let register = others.randomElement(using: &random) else {
                mayCall = wasCalling
                return
            }
            if let source = bounded(by: count), source != register { move(to: register, from: source) }
            if model.registers[register].kind != .number || model.registers[register].limit > UInt64(count) {
                emit(.mov64Imm, dst: register, imm: Int32(count))
                model.registers[register] = .number(limit: UInt64(count))
            }
            bound = register
            locked.insert(register)
        }
        emit(random.chance(50) ? .mov64Imm : .mov32Imm, dst: counter, imm: shape == .down ? Int32(count) : 0)
        var stackCounter: Int?
        if shape == .onStack {
            guard
                let slot = model.slots.indices.filter({ !lockedSlots.contains($0) && !model.slots[$0].isPointer })
                    .randomElement(using: &random)
            else {
                (locked, numeric, lockedSlots, mayCall) = outer
                model.registers[counter] = .number
                return
            }
            emit(.stx64, dst: 10, src: counter, offset: -8 * (slot + 1))
            model.slots[slot] = .number
            model.halves.remove(slot)
            lockedSlots.insert(slot)
            stackCounter = slot
        }
        model.registers[counter] = .number(limit: UInt64(count))
        if shape != .onStack { locked.insert(counter) }
        features.insert(.loop)
        iterate(counter: counter, count: count, shape, bound: bound, stackCounter: stackCounter, outer: outer.0)
        (locked, numeric, lockedSlots, mayCall) = outer
    }

    private mutating func iterate(
        counter: Int, count: Int, _ shape: Shape, bound: Int?, stackCounter: Int?, outer: Set<Int>
    ) {
        // What the body may rely on: pointers stay as they are, numbers stay numbers.
        for register in model.registers.indices where !locked.contains(register) {
            let kept = register >= 6 || !mayCall
            switch model.registers[register].kind {
            case .number where kept:
                model.registers[register].limit = .max
                numeric.insert(register)
            case .mapValueOrNull: model.registers[register] = .none
            case .none: break
            default: if kept && random.chance(80) { locked.insert(register) } else { model.registers[register] = .none }
            }
        }
        for slot in model.slots.indices where !lockedSlots.contains(slot) {
            switch model.slots[slot].kind {
            case .number: model.slots[slot].limit = .max
            case .none: continue
            case .mapValueOrNull:
                model.slots[slot] = .none
                continue
            default: break
            }
            lockedSlots.insert(slot)
        }
        let head = code.label()
        let end = code.label()
        place(head)
        if shape == .untilLimit, let bound { jump(.jge64Reg, dst: counter, src: bound, to: end) }
        loops += 1
        block(random.pick(1...4))
        loops -= 1
        guard model.isReachable else {
            place(end)
            return
        }
        if random.chance(25) { condition(to: end) }
        restoreNumbers()
        if let stackCounter {
            emit(.ldx64, dst: counter, src: 10, offset: -8 * (stackCounter + 1))
            emit(.add64Imm, dst: counter, imm: 1)
            emit(.stx64, dst: 10, src: counter, offset: -8 * (stackCounter + 1))
            model.registers[counter] = .number
        }
        let step = random.pick(1...2)
        switch shape {
        case .up, .onStack:
            if stackCounter == nil { emit(random.chance(70) ? .add64Imm : .add32Imm, dst: counter, imm: Int32(step)) }
            let operation = random.pick([Operation.jlt64Imm, .jslt64Imm, .jlt32Imm, .jle64Imm])
            code.emit(Instruction(operation, dst: counter, imm: Int32(count)), to: head)
        case .down:
            if random.chance(50) {
                emit(.sub64Imm, dst: counter, imm: 1)
            } else {
                emit(.add64Imm, dst: counter, imm: -1)
            }
            let operation = random.pick([Operation.jne64Imm, .jsgt64Imm, .jne32Imm])
            code.emit(Instruction(operation, dst: counter, imm: 0), to: head)
        case .untilLimit:
            emit(.add64Imm, dst: counter, imm: Int32(step))
            code.emit(Instruction(.ja), to: head)
            model.isReachable = false
        }
        place(end)
        if model.isReachable { model.registers[counter] = .number }
    }

    /// What the loop's head takes for numbers are numbers again.
    private mutating func restoreNumbers() {
        for register in numeric where !locked.contains(register) && model.registers[register].kind != .number {
            emit(.mov64Imm, dst: register, imm: random.edgeImm())
            model.registers[register] = .number
        }
    }

    /// A call of a subprogram that is there already and fits, or of a new one.
    mutating func call() {
        guard canCall else { return }
        let later = functions.indices.filter { $0 > function }
        if let index = later.randomElement(using: &random), random.chance(60) {
            guard prepare(functions[index].arguments) else { return }
            enter(index)
            return
        }
        guard functions.count < 4, function < 3 else { return }
        var arguments: [Value] = []
        for register in 1...random.pick(1...4) {
            let sources = (6...9).filter { model.registers[$0].kind != .none && model.registers[$0].kind != .stack }
            if let source = sources.randomElement(using: &random), random.chance(60) {
                move(to: register, from: source)
            } else if let slots = filled(), random.chance(50) {
                emit(.mov64Reg, dst: register, src: 10)
                emit(.add64Imm, dst: register, imm: Int32(-8 * (slots.last + 1)))
                model.registers[register] = Value(kind: .memory, bytes: 8 * slots.count)
            } else {
                emit(.mov64Imm, dst: register, imm: random.edgeImm())
                model.registers[register] = .number
            }
            model.registers[register].limit = .max
            arguments.append(model.registers[register])
        }
        let pointers = arguments.indices.filter { [.packet, .mapValue].contains(arguments[$0].kind) }
        let returned = random.chance(30) ? pointers.randomElement(using: &random).map { $0 + 1 } ?? 0 : 0
        functions.append(Function(label: code.label(), arguments: arguments, returned: returned))
        enter(functions.count - 1)
    }

    private mutating func enter(_ index: Int) {
        features.insert(.call)
        let function = functions[index]
        let result = function.returned > 0 ? model.registers[function.returned] : .number
        code.emit(Instruction(.callLocal), to: function.label)
        // The callee may have written to what it was given.
        for slot in model.slots.indices where model.slots[slot].kind == .number { model.slots[slot].limit = .max }
        clobber()
        model.registers[0] = result
    }

    /// Slots from `last` up that hold numbers, whole and not relied on by a loop.
    private mutating func filled() -> (last: Int, count: Int)? {
        let full = model.slots.indices.filter {
            model.slots[$0].kind == .number && !model.halves.contains($0) && !lockedSlots.contains($0)
        }
        guard let last = full.randomElement(using: &random) else { return nil }
        return (last, full.contains(last - 1) ? 2 : 1)
    }

    /// Puts arguments of these kinds into r1 and up; false where there are none.
    private mutating func prepare(_ arguments: [Value]) -> Bool {
        for (index, argument) in arguments.enumerated() {
            switch argument.kind {
            case .number:
                guard let source = number(except: Set(1...5)) else { return false }
                move(to: index + 1, from: source)
            case .memory:
                guard let slots = filled(), slots.count * 8 >= argument.bytes else { return false }
                emit(.mov64Reg, dst: index + 1, src: 10)
                emit(.add64Imm, dst: index + 1, imm: Int32(-8 * (slots.last + 1)))
                model.registers[index + 1] = argument
            default:
                let fitting = (6...9).filter { register in
                    let value = model.registers[register]
                    return value.kind == argument.kind && value.offset == argument.offset
                        && value.bytes >= argument.bytes && value.map == argument.map
                }
                guard let source = fitting.randomElement(using: &random) else { return false }
                move(to: index + 1, from: source)
            }
        }
        return true
    }
}
