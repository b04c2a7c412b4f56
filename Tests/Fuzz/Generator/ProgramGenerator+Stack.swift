import ISA

extension ProgramGenerator {
    private mutating func slot(where condition: (Value) -> Bool = { _ in true }) -> Int? {
        let usable = model.slots.indices.filter { !lockedSlots.contains($0) && condition(model.slots[$0]) }
        return usable.isEmpty ? nil : random.pick(usable)
    }

    /// A number of any size to the stack.
    mutating func stackStore() {
        guard let slot = slot(where: { !$0.isPointer }) else { return }
        let base = -8 * (slot + 1)
        switch random.pick(0...5) {
        case 0, 1:
            emit(.st64, dst: 10, offset: base, imm: random.edgeImm())
            model.slots[slot] = .number
            model.halves.remove(slot)
        case 2:
            emit(.st32, dst: 10, offset: base, imm: random.edgeImm())
            if model.slots[slot].kind == .none { model.halves.insert(slot) }
            model.slots[slot] = .number
        case 3:
            // Only where the slot is written already does a part keep it whole.
            guard model.slots[slot].kind == .number, !model.halves.contains(slot) else { return }
            let size = random.pick([1, 2, 4])
            let operation = [1: Operation.st8, 2: .st16, 4: .st32][size] ?? .st8
            emit(operation, dst: 10, offset: base + size * random.pick(0...8 / size - 1), imm: random.edgeImm())
            model.slots[slot] = .number
        case 4:
            guard let number = number(), model.slots[slot].kind == .number, !model.halves.contains(slot) else { return }
            let size = random.pick([1, 2, 4])
            let operation = [1: Operation.stx8, 2: .stx16, 4: .stx32][size] ?? .stx8
            emit(operation, dst: 10, src: number, offset: base + size * random.pick(0...8 / size - 1))
            model.slots[slot] = .number
        default:
            guard let number = number() else { return }
            emit(.stx64, dst: 10, src: number, offset: base)
            model.slots[slot] = model.registers[number]
            model.halves.remove(slot)
        }
    }

    /// A number of any size from the stack.
    mutating func stackLoad() {
        guard let slot = slot(where: { $0.kind == .number }) ?? (oops() ? slot() : nil),
            let to = target(number: true)
        else { return }
        let base = -8 * (slot + 1)
        let isHalf = model.halves.contains(slot)
        let size = random.pick(isHalf && !oops() ? [1, 2, 4] : [1, 2, 4, 8, 8])
        let width = isHalf ? 4 : 8
        let offset = base + size * random.pick(0...max(width / size - 1, 0))
        let operations: [Operation] =
            switch size {
            case 1: [.ldx8, .ldxs8]
            case 2: [.ldx16, .ldxs16]
            case 4: [.ldx32, .ldx32, .ldxs32]
            default: [.ldx64]
            }
        let operation = random.pick(operations)
        emit(operation, dst: to, src: 10, offset: offset)
        model.registers[to] = .number
        switch operation {
        case .ldx8: model.registers[to].limit = 0xFF
        case .ldx16: model.registers[to].limit = 0xFFFF
        case .ldx32:
            model.registers[to].limit = offset == base ? min(model.slots[slot].limit, 0xFFFF_FFFF) : 0xFFFF_FFFF
        case .ldx64: model.registers[to].limit = model.slots[slot].limit
        default: break
        }
    }

    mutating func spill() {
        let known = model.registers.indices.filter { model.registers[$0].kind != .none }
        let pointers = known.filter { model.registers[$0].isPointer }
        guard !known.isEmpty else { return }
        spill(random.pick(pointers.isEmpty || random.chance(35) ? known : pointers))
    }

    /// Stores a whole register, or the lower half of a number.
    mutating func spill(_ register: Int) {
        guard let slot = slot() else { return }
        let value = model.registers[register]
        let base = -8 * (slot + 1)
        features.insert(value.isPointer ? [.spill, .pointerSpill] : .spill)
        if value.kind == .number, random.chance(30) {
            emit(.stx32, dst: 10, src: register, offset: base)
            let isWhole = model.slots[slot].kind == .number && !model.halves.contains(slot)
            model.slots[slot] = .number(limit: isWhole ? .max : value.limit)
            if !isWhole { model.halves.insert(slot) }
            return
        }
        // Through a copy of r10 at times.
        if random.chance(12), let copy = target(except: [register]) {
            move(to: copy, from: 10)
            emit(.add64Imm, dst: copy, imm: Int32(base))
            model.registers[copy].offset = base
            emit(.stx64, dst: copy, src: register, offset: 0)
        } else {
            emit(.stx64, dst: 10, src: register, offset: base)
        }
        model.slots[slot] = value
        model.halves.remove(slot)
    }

    mutating func fill() {
        let known = model.slots.indices.filter { model.slots[$0].kind != .none && !model.halves.contains($0) }
        let pointers = known.filter { model.slots[$0].isPointer }
        guard !known.isEmpty else { return }
        let slot = random.pick(pointers.isEmpty || random.chance(35) ? known : pointers)
        guard let to = target(number: model.slots[slot].kind == .number) else { return }
        emit(.ldx64, dst: to, src: 10, offset: -8 * (slot + 1))
        model.registers[to] = model.slots[slot]
        switch model.registers[to].kind {
        case .packet where room(model.registers[to]) > 0, .mapValue:
            if random.chance(50) { access(to) }
        case .mapValueOrNull:
            if random.chance(50) { nullCheck() }
        default: break
        }
    }

    /// A part of a spilled register is written.
    mutating func overwriteSpill() {
        guard let slot = slot(where: { $0.isPointer }) ?? slot(where: { $0.kind == .number }) else { return }
        let size = random.pick([1, 2, 4])
        let operation = [1: Operation.st8, 2: .st16, 4: .st32][size] ?? .st8
        emit(operation, dst: 10, offset: -8 * (slot + 1) + size * random.pick(0...8 / size - 1), imm: random.edgeImm())
        guard oops(), let to = target() else {
            model.slots[slot] = model.slots[slot].kind == .number ? .number : .none
            return
        }
        emit(.ldx64, dst: to, src: 10, offset: -8 * (slot + 1))
        model.registers[to] = model.slots[slot]
        if readablePointers().contains(to) { access(to) }
    }

    /// The stack at an index that is only bounded.
    mutating func variableStack() {
        let full = model.slots.indices.filter {
            model.slots[$0].kind == .number && !model.halves.contains($0) && $0 > 0
                && model.slots[$0 - 1].kind == .number && !model.halves.contains($0 - 1)
                && !lockedSlots.contains($0) && !lockedSlots.contains($0 - 1)
        }
        guard let last = full.randomElement(using: &random) else { return }
        // Aligned, as the stack has to be.
        let shift = random.pick(0...3)
        guard let index = bounded(by: 8 >> shift), let moved = target(except: [index]) else { return }
        features.insert(.variableOffset)
        move(to: moved, from: index)
        if shift > 0 { emit(.lsh64Imm, dst: moved, imm: Int32(shift)) }
        if random.chance(50), let base = target(except: [index, moved]) {
            move(to: base, from: 10)
            emit(.add64Reg, dst: base, src: moved)
            model.registers[moved] = .number
            model.registers[base] = .none
            variableAccess(base, last: last, shift: shift)
        } else {
            emit(.add64Reg, dst: moved, src: 10)
            model.registers[moved] = .none
            variableAccess(moved, last: last, shift: shift)
        }
    }

    private mutating func variableAccess(_ base: Int, last: Int, shift: Int) {
        let offset = -8 * (last + 1)
        let size = random.pick(0...shift)
        if random.chance(40) {
            emit([.ldx8, .ldx16, .ldx32, .ldx64][size], dst: base, src: base, offset: offset)
            model.registers[base] = .number
            return
        }
        emit([.st8, .st16, .st32, .st64][size], dst: base, offset: offset, imm: random.edgeImm())
        for slot in [last, last - 1] { model.slots[slot] = .number }
        guard let to = target(number: true) else { return }
        emit(random.pick([.ldx64, .ldx32]), dst: to, src: 10, offset: offset + random.pick([0, 8]))
        model.registers[to] = .number
    }

    /// One slot or register is written on either side of a branch, and used behind it.
    mutating func storeOnBothSides() {
        guard let slot = slot(where: { $0.kind == .number || $0.kind == .none }), let tested = number() else { return }
        let base = -8 * (slot + 1)
        let other = code.label()
        let end = code.label()
        emit(.st64, dst: 10, offset: base, imm: random.edgeImm())
        model.slots[slot] = .number
        model.halves.remove(slot)
        jump(random.pick([.jset64Imm, .jgt64Imm, .jeq64Imm]), dst: tested, imm: Int32(random.pick(1...7)), to: other)
        if random.chance(50) {
            emit(.st64, dst: 10, offset: base, imm: random.edgeImm())
        } else if let number = number() {
            emit(.stx64, dst: 10, src: number, offset: base)
        }
        jumpAlways(to: end)
        place(other)
        if random.chance(50) { emit(.st64, dst: 10, offset: base, imm: random.edgeImm()) }
        place(end)
        if random.chance(40) { block(1) }
        guard model.isReachable, model.slots[slot].kind == .number, !model.halves.contains(slot),
            let to = target(number: true)
        else { return }
        emit(.ldx64, dst: to, src: 10, offset: base)
        model.registers[to] = .number
    }
}
