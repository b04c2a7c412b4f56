import ISA
import Object

extension ProgramGenerator {
    /// Puts a pointer to a key on the stack into `register`.
    private mutating func writeKey(_ map: Int, into register: Int) {
        let attributes = maps[map]
        let readable = readablePointers().filter { room(model.registers[$0]) >= attributes.keySize && $0 > 5 }
        if !readable.isEmpty, random.chance(12) {
            move(to: register, from: random.pick(readable))
            if oops() { shift(register, by: random.pick([-1, 1, 2])) }
            return
        }
        // The key lies in the slots first...last, the lowest address in the last.
        let count = (attributes.keySize + 7) / 8
        let free = (count - 1..<Model.slotCount).filter { last in
            (last - count + 1...last).allSatisfy { !lockedSlots.contains($0) && !model.slots[$0].isPointer }
        }
        guard !free.isEmpty else { return }
        let last = random.pick(free)
        let isArray = attributes.keySize == 4
        if isArray, random.chance(60) {
            if random.chance(50) {
                emit(.st32, dst: 10, offset: -8 * (last + 1), imm: Int32(random.pick(0...attributes.maxEntries)))
            } else if let index = bounded(by: attributes.maxEntries - 1) {
                emit(.stx32, dst: 10, src: index, offset: -8 * (last + 1))
            } else {
                emit(.st32, dst: 10, offset: -8 * (last + 1), imm: 0)
            }
            if model.slots[last].kind != .number { model.halves.insert(last) }
            model.slots[last] = .number
        } else {
            for slot in last - count + 1...last where !oops() {
                if random.chance(60) {
                    emit(.st64, dst: 10, offset: -8 * (slot + 1), imm: Int32(random.pick(0...3)))
                } else if let value = number(except: [register]) {
                    emit(.stx64, dst: 10, src: value, offset: -8 * (slot + 1))
                } else {
                    emit(.st64, dst: 10, offset: -8 * (slot + 1), imm: 0)
                }
                model.slots[slot] = .number
                model.halves.remove(slot)
            }
        }
        emit(.mov64Reg, dst: register, src: 10)
        let place = -8 * (last + 1) + (oops() ? random.pick([-4, 1, 4, 5]) : 0)
        emit(.add64Imm, dst: register, imm: Int32(place))
        model.registers[register] = Value(kind: .stack, offset: place)
    }

    /// Whether a call may come here: r1 to r5 are free, and r0.
    var canCall: Bool { mayCall && locked.isDisjoint(with: 0...5) && numeric.isDisjoint(with: 0...5) }

    mutating func clobber() { for register in 0...5 { model.registers[register] = .none } }

    mutating func lookup() {
        guard canCall else { return }
        features.insert(.map)
        let map = random.pick(0...maps.count - 1)
        writeKey(map, into: 2)
        guard model.registers[2].isPointer else { return }
        code.emitWide(dst: 1, src: 1, imm: Int32(map), next: 0)
        emit(.callHelper, imm: 1)
        clobber()
        model.registers[0] = Value(kind: .mapValueOrNull, id: nextID, map: map)
        nextID += 1
        // A copy of what may be null, and perhaps one that is spilled.
        if random.chance(40), let copy = target(except: [0]) { move(to: copy, from: 0) }
        if random.chance(15) { spill(0) }
        if random.chance(80) { nullCheck() }
        if random.chance(70) { valueAccess() }
    }

    /// Two results of lookups at once, of which each needs a check of its own.
    mutating func twoLookups() {
        guard canCall, mayCall else { return }
        let free = (6...9).filter {
            !locked.contains($0) && !numeric.contains($0) && model.registers[$0].kind != .context
        }
        guard free.count >= 2 else { return }
        features.insert(.map)
        let kept = Array(free.shuffled(using: &random).prefix(2))
        let first = random.pick(0...maps.count - 1)
        for register in kept {
            let map = random.chance(60) ? first : random.pick(0...maps.count - 1)
            writeKey(map, into: 2)
            guard model.registers[2].isPointer else { return }
            code.emitWide(dst: 1, src: 1, imm: Int32(map), next: 0)
            emit(.callHelper, imm: 1)
            clobber()
            model.registers[0] = Value(kind: .mapValueOrNull, id: nextID, map: map)
            nextID += 1
            move(to: register, from: 0)
        }
        let id = model.registers[kept[0]].id
        let otherID = model.registers[kept[1]].id
        switch (oops(), random.pick(0...2)) {
        case (true, 0):
            // Moved before it is checked.
            shift(kept[0], by: random.pick(1...8))
            jumpIfNull(.jeq64Imm, kept[0], src: 0, id, to: bail())
        case (true, 1):
            // The check of the one is taken for the other's.
            jumpIfNull(.jeq64Imm, kept[1], src: 0, otherID, to: bail())
            Self.learnNotNull(&model, id: id)
        case (true, _):
            // Checked on one of two ways.
            let around = code.label()
            if let number = number() { jump(.jset64Imm, dst: number, imm: Int32(random.pick(1...7)), to: around) }
            jumpIfNull(.jeq64Imm, kept[0], src: 0, id, to: bail())
            let checked = model
            place(around)
            model.registers[kept[0]] = checked.registers[kept[0]]
        case (false, 0):
            // Which of the two is used is decided later.
            jumpIfNull(.jeq64Imm, kept[0], src: 0, id, to: bail())
            jumpIfNull(.jeq64Imm, kept[1], src: 0, otherID, to: bail())
            guard model.registers[kept[0]] == model.registers[kept[1]], let number = number() else { break }
            let around = code.label()
            jump(.jset64Imm, dst: number, imm: 1, to: around)
            move(to: kept[0], from: kept[1])
            place(around)
        default: jumpIfNull(.jeq64Imm, kept[0], src: 0, id, to: bail())
        }
        if model.registers[kept[0]].kind == .mapValue { access(kept[0]) }
    }

    /// Compares one pointer that may be null with 0; all copies are known then.
    mutating func nullCheck() {
        guard let register = pick(.mapValueOrNull) else { return }
        let id = oops() ? -1 : model.registers[register].id
        if oops() { return }
        let out = bail()
        switch random.pick(0...3) {
        case 0:
            let inside = code.label()
            let before = model
            Self.learnNotNull(&model, id: id)
            jump(.jne64Imm, dst: register, to: inside)
            model = before
            Self.learnNull(&model, id: id)
            jumpAlways(to: out)
            place(inside)
        case 1:
            guard let zero = target(number: true, except: [register]) else { fallthrough }
            emit(.mov64Imm, dst: zero, imm: 0)
            model.registers[zero] = .number(limit: 0)
            jumpIfNull(.jeq64Reg, register, src: zero, id, to: out)
        default: jumpIfNull(.jeq64Imm, register, src: 0, id, to: out)
        }
    }

    private mutating func jumpIfNull(
        _ operation: Operation, _ register: Int, src: Int, _ id: Int, to out: CodeBuilder.Label
    ) {
        let before = model
        Self.learnNull(&model, id: id)
        jump(operation, dst: register, src: src, to: out)
        model = before
        Self.learnNotNull(&model, id: id)
    }

    private static func learnNotNull(_ model: inout Model, id: Int) {
        model.forEach { if $0.kind == .mapValueOrNull, id < 0 || $0.id == id { $0.kind = .mapValue; $0.id = 0 } }
    }

    private static func learnNull(_ model: inout Model, id: Int) {
        model.forEach { if $0.kind == .mapValueOrNull, $0.id == id { $0 = .number(limit: 0) } }
    }

    mutating func valueAccess() {
        guard let pointer = pick(.mapValue) ?? (oops() ? pick(.mapValueOrNull) : nil) else { return }
        access(pointer)
    }

    /// A map value at an index that is only bounded.
    mutating func variableValueAccess() {
        guard let pointer = pick(.mapValue) else { return }
        let room = room(model.registers[pointer])
        guard room > 1, let index = bounded(by: room - random.pick([1, 1, 2, 4, 8].filter { $0 <= room })),
            model.registers[pointer].kind == .mapValue, let moved = target(except: [pointer, index])
        else { return }
        features.insert([.map, .variableOffset])
        let limit = Int(truncatingIfNeeded: model.registers[index].limit)
        move(to: moved, from: pointer)
        emit(.add64Reg, dst: moved, src: index)
        // As far as the index goes is no longer there.
        model.registers[moved].offset = model.registers[pointer].offset + min(limit, room - 1)
        access(moved)
        if random.chance(20) {
            emit(.sub64Reg, dst: moved, src: index)
            model.registers[moved] = .none
        }
    }

    /// An array of one element by its address.
    mutating func directValue() {
        let arrays = maps.indices.filter { maps[$0].type == .array && maps[$0].maxEntries == 1 }
        guard !arrays.isEmpty, let to = target() else { return }
        let map = random.pick(arrays)
        let offset = random.chance(70) ? 0 : random.pick(0...maps[map].valueSize - 1)
        code.emitWide(dst: to, src: 2, imm: Int32(map), next: Int32(offset))
        model.registers[to] = Value(kind: .mapValue, offset: offset, map: map)
        if random.chance(60) { access(to) }
    }

    mutating func updateOrDelete() {
        guard canCall else { return }
        features.insert(.map)
        let map = random.pick(0...maps.count - 1)
        if maps[map].flags.contains(.readOnlyProgram), !oops() { return }
        let valueSlots = (maps[map].valueSize + 7) / 8
        if random.chance(60) {
            let values = readablePointers().filter { $0 > 5 && room(model.registers[$0]) >= maps[map].valueSize }
            let fits = (valueSlots - 1..<Model.slotCount).filter { last in
                (last - valueSlots + 1...last).allSatisfy {
                    model.slots[$0].kind == .number && !model.halves.contains($0)
                }
            }
            if !values.isEmpty, random.chance(50) {
                move(to: 3, from: random.pick(values))
                if oops() { shift(3, by: random.pick([-1, 1, 2])) }
            } else if !fits.isEmpty {
                emit(.mov64Reg, dst: 3, src: 10)
                emit(.add64Imm, dst: 3, imm: Int32(-8 * (random.pick(fits) + 1)))
                model.registers[3] = Value(kind: .stack)
            } else {
                return
            }
            let value = model.registers[3]
            locked.insert(3)
            writeKey(map, into: 2)
            locked.remove(3)
            guard model.registers[2].isPointer, model.registers[3] == value else { return }
            emit(.mov64Imm, dst: 4, imm: Int32(random.pick([0, 0, 0, 1, 2, 3])))
            code.emitWide(dst: 1, src: 1, imm: Int32(map), next: 0)
            emit(.callHelper, imm: 2)
        } else {
            writeKey(map, into: 2)
            guard model.registers[2].isPointer else { return }
            code.emitWide(dst: 1, src: 1, imm: Int32(map), next: 0)
            emit(.callHelper, imm: 3)
        }
        clobber()
        model.registers[0] = .number
    }

    /// Random numbers and the worker's number.
    mutating func helper() {
        guard canCall else { return }
        emit(.callHelper, imm: random.pick([7, 7, 8]))
        clobber()
        model.registers[0] = .number(limit: 0xFFFF_FFFF)
    }

    mutating func atomic() {
        let operations: [Operation] = [
            .atomicAdd64, .atomicOr64, .atomicAnd64, .atomicXor64, .atomicFetchAdd64, .atomicFetchOr64,
            .atomicFetchAnd64, .atomicFetchXor64, .atomicXchg64, .atomicCmpxchg64, .atomicAdd32, .atomicOr32,
            .atomicAnd32, .atomicXor32, .atomicFetchAdd32, .atomicFetchOr32, .atomicFetchAnd32, .atomicFetchXor32,
            .atomicXchg32, .atomicCmpxchg32,
        ]
        let operation = random.pick(operations)
        let size = operation.rawValue >= Operation.atomicAdd64.rawValue ? 8 : 4
        let writesSource = ![
            .atomicAdd64, .atomicOr64, .atomicAnd64, .atomicXor64, .atomicAdd32, .atomicOr32,
            .atomicAnd32, .atomicXor32, .atomicCmpxchg64, .atomicCmpxchg32,
        ].contains(operation)
        let isExchange = operation == .atomicCmpxchg64 || operation == .atomicCmpxchg32
        if isExchange, model.registers[0].kind != .number {
            guard !locked.contains(0) else { return }
            writeNumber(0)
        }
        guard !isExchange || !locked.contains(0),
            let source = number(except: writesSource ? locked : [])
        else { return }
        let pointers = registers(.mapValue).filter { room(model.registers[$0]) >= size && $0 != source }
        let full = model.slots.indices.filter {
            model.slots[$0].kind == .number && !model.halves.contains($0) && !lockedSlots.contains($0)
        }
        let writable = pointers.filter { !maps[model.registers[$0].map].flags.contains(.readOnlyProgram) }
        if !writable.isEmpty {
            let pointer = random.pick(writable)
            let value = model.registers[pointer]
            var offset = (0...room(value) - size).filter { ($0 + value.offset) % size == 0 }.last ?? 0
            if oops() { offset += random.pick([1, 2, 4, 8]) }
            emit(operation, dst: pointer, src: source, offset: offset)
            features.insert(.map)
        } else if !full.isEmpty {
            emit(operation, dst: 10, src: source, offset: -8 * (random.pick(full) + 1))
        } else {
            return
        }
        features.insert(.atomic)
        let read = Value.number(limit: size == 8 ? .max : 0xFFFF_FFFF)
        if writesSource { model.registers[source] = read }
        if isExchange { model.registers[0] = read }
    }

    /// A bounded number is used as what it was bounded for.
    mutating func boundedUse() {
        guard let index = bounded(by: random.pick([1, 3, 7, 15, 100])) else { return }
        guard let other = number(except: locked.union([index])) else { return }
        emit(
            random.pick([.lsh64Reg, .rsh64Reg, .arsh64Reg, .lsh32Reg, .rsh32Reg, .add64Reg, .mul64Reg, .div64Reg]),
            dst: other, src: index)
        model.registers[other] = .number
    }

    /// A number, its copy at a distance, a comparison of one, a use of the other.
    mutating func learnFromCopy() {
        guard let original = number(), let copy = target(number: true, except: [original]) else { return }
        move(to: copy, from: original)
        if random.chance(40) {
            let distance = Int32(random.pick([-8, -1, 1, 2, 8, 100]))
            emit(.add64Imm, dst: copy, imm: distance)
            model.registers[copy].limit = .max
        }
        if random.chance(25), !locked.contains(original) {
            emit(
                random.pick([.and64Imm, .rsh64Imm, .add32Imm, .mul64Imm]), dst: original,
                imm: Int32(random.pick(1...31)))
            model.registers[original].limit = .max
        }
        let out = bail()
        switch random.pick(0...3) {
        case 0: jump(.jeq64Imm, dst: copy, imm: random.edgeImm(), to: out)
        case 1: jump(.jne64Imm, dst: copy, imm: random.edgeImm(), to: out)
        case 2: jump(.jgt64Imm, dst: copy, imm: Int32(random.pick(0...300)), to: out)
        default: jump(.jslt64Imm, dst: copy, imm: Int32(random.pick(-10...10)), to: out)
        }
        // A use in which a wrong range shows.
        let shifted = number(except: locked.union([original]))
        if let shifted { emit(random.pick([.lsh64Reg, .add64Reg, .or64Reg, .rsh32Reg]), dst: shifted, src: original) }
        if let shifted { model.registers[shifted].limit = .max }
    }
}
