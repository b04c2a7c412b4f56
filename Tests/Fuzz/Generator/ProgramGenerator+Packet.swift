import ISA

extension ProgramGenerator {
    /// Where the packet's pointers are in the context.
    private var pointerFields: (data: Int, dataEnd: Int, load: Operation) {
        type == .xdp ? (0, 4, .ldx32) : (0, 8, .ldx64)
    }

    /// A load from the context: a packet pointer or a number.
    mutating func contextLoad() {
        guard let context = pick(.context), let to = target(except: [context]) else { return }
        let fields = pointerFields
        switch random.pick(0...3) {
        case 0: loadPointer(fields.dataEnd, .packetEnd, into: to, from: context)
        case 1:
            guard type == .vale, random.chance(50) else { fallthrough }
            emit(.st8, dst: context, offset: 20, imm: Int32(random.pick(0...7)))
        case 2:
            if oops() {
                emit(.ldx32, dst: to, src: context, offset: random.pick([2, 8, 20, 21, 24, -4]))
                model.registers[to] = .number
            } else {
                writeNumber(to)
            }
        default: loadPointer(fields.data, .packet, into: to, from: context)
        }
    }

    private mutating func loadPointer(_ offset: Int, _ kind: Value.Kind, into to: Int, from context: Int) {
        emit(pointerFields.load, dst: to, src: context, offset: offset)
        model.registers[to] = Value(kind: kind)
    }

    /// A packet pointer, loaded if there is none.
    private mutating func packetPointer() -> Int? {
        if let register = pick(.packet), random.chance(90) { return register }
        guard let context = pick(.context), let to = target(except: [context]) else { return pick(.packet) }
        loadPointer(pointerFields.data, .packet, into: to, from: context)
        return to
    }

    private mutating func packetEnd(except: Set<Int>) -> Int? {
        if let register = pick(.packetEnd) { return register }
        guard let context = pick(.context), let to = target(except: except.union([context])) else { return nil }
        loadPointer(pointerFields.dataEnd, .packetEnd, into: to, from: context)
        return to
    }

    /// Compares a packet pointer with the packet's end.
    mutating func packetCheck() {
        guard let pointer = packetPointer() else { return }
        check(pointer, bytes: random.pick([1, 2, 4, 6, 8, 13, 14, 14, 18, 20, 34, 54]))
    }

    /// Makes sure that `bytes` bytes behind the pointer are in the packet.
    mutating func check(_ pointer: Int, bytes: Int) {
        guard let end = packetEnd(except: [pointer]), let sum = target(except: [pointer, end]) else { return }
        features.insert(.packet)
        let value = model.registers[pointer]
        move(to: sum, from: pointer)
        shift(sum, by: oops() ? bytes - random.pick([1, 1, 2]) : bytes)
        let learnt = value.offset + bytes
        guard model.registers[sum].kind == .packet, model.registers[end].kind == .packetEnd else { return }
        let out = bail()
        if oops() {
            jump(random.pick([.jlt64Reg, .jge64Reg, .jle64Reg, .jeq64Reg]), dst: sum, src: end, to: out)
        } else {
            switch random.pick(0...6) {
            case 0, 1: jump(.jgt64Reg, dst: sum, src: end, to: out)
            case 2: jump(.jlt64Reg, dst: end, src: sum, to: out)
            case 3: jump(.jge64Reg, dst: sum, src: end, to: out)
            case 4: jump(.jle64Reg, dst: end, src: sum, to: out)
            default:
                let inside = code.label()
                let isStrict = random.chance(40)
                var known = model
                Self.learn(&known, id: value.id, bytes: learnt)
                let entry = model
                model = known
                if random.chance(50) {
                    jump(isStrict ? .jlt64Reg : .jle64Reg, dst: sum, src: end, to: inside)
                } else {
                    jump(isStrict ? .jgt64Reg : .jge64Reg, dst: end, src: sum, to: inside)
                }
                model = entry
                jumpAlways(to: out)
                place(inside)
            }
        }
        Self.learn(&model, id: value.id, bytes: learnt)
    }

    private static func learn(_ model: inout Model, id: Int, bytes: Int) {
        model.forEach { value in
            if value.kind == .packet, value.id == id { value.bytes = max(value.bytes, bytes) }
        }
    }

    mutating func packetAccess() {
        guard var pointer = packetPointer() else { return }
        // One of which something is known, rather.
        if model.registers[pointer].bytes <= model.registers[pointer].offset {
            let checked = registers(.packet).filter { model.registers[$0].bytes > model.registers[$0].offset }
            if !checked.isEmpty { pointer = random.pick(checked) } else { check(pointer, bytes: random.pick(1...40)) }
        }
        access(pointer)
    }

    /// A packet pointer moved by a number.
    mutating func variablePacketAccess() {
        guard let pointer = packetPointer(), let index = bounded(by: random.pick([3, 15, 60, 255, 1500, 0x7FFF])),
            model.registers[pointer].kind == .packet, let moved = target(except: [pointer, index])
        else { return }
        features.insert([.packet, .variableOffset])
        if random.chance(50) {
            move(to: moved, from: pointer)
            emit(.add64Reg, dst: moved, src: index)
        } else {
            move(to: moved, from: index)
            emit(.add64Reg, dst: moved, src: pointer)
        }
        model.registers[moved] = Value(kind: .packet, offset: model.registers[pointer].offset, id: nextID)
        nextID += 1
        if random.chance(60) { shift(moved, by: random.pick(1...20)) }
        if oops() { access(moved) }
        check(moved, bytes: random.pick([1, 2, 4, 8, 20]))
        access(moved)
    }

    /// Registers through which something can be read now.
    func readablePointers() -> [Int] {
        model.registers.indices.filter {
            let value = model.registers[$0]
            switch value.kind {
            case .packet, .memory: return value.bytes > value.offset
            case .mapValue: return maps[value.map].valueSize > value.offset
            default: return false
            }
        }
    }

    /// Bytes that may be accessed behind a pointer.
    func room(_ value: Value) -> Int {
        switch value.kind {
        case .packet, .memory: value.bytes - value.offset
        case .mapValue: maps[value.map].valueSize - value.offset
        default: 0
        }
    }

    /// One to three loads or stores through a pointer to a packet, a map value or other memory.
    mutating func access(_ pointer: Int) {
        for _ in 0..<random.pick(1...3) where model.registers[pointer].isPointer {
            if random.chance(60) {
                guard let to = target(number: true, except: [pointer]) else { return }
                load(into: to, from: pointer)
            } else {
                store(through: pointer)
            }
        }
    }

    /// Bytes and offset of an access that is inside, but for mistakes.
    private mutating func place(in value: Value) -> (size: Int, offset: Int) {
        let room = max(room(value), 1)
        var sizes = [1, 2, 4, 8].filter { $0 <= room }
        if oops() { sizes.append(8) }
        let size = random.pick(sizes)
        // Often the last byte that is allowed.
        var offset = random.chance(35) ? room - size : random.pick(0...max(room - size, 0))
        if value.offset > 0, random.chance(30) { offset = -random.pick(1...value.offset) }
        if oops() { offset += random.pick([-1, 1, 1, 2]) }
        switch value.kind {
        case .mapValue: features.insert(.map)
        case .packet: features.insert(.packet)
        default: break
        }
        return (size, offset)
    }

    mutating func load(into register: Int, from pointer: Int) {
        let (size, offset) = place(in: model.registers[pointer])
        let operations: [Operation] =
            switch size {
            case 1: [.ldx8, .ldx8, .ldx8, .ldxs8]
            case 2: [.ldx16, .ldx16, .ldx16, .ldxs16]
            case 4: [.ldx32, .ldx32, .ldx32, .ldxs32]
            default: [.ldx64]
            }
        let operation = random.pick(operations)
        emit(operation, dst: register, src: pointer, offset: offset)
        switch operation {
        case .ldx8: model.registers[register] = .number(limit: 0xFF)
        case .ldx16: model.registers[register] = .number(limit: 0xFFFF)
        case .ldx32: model.registers[register] = .number(limit: 0xFFFF_FFFF)
        default: model.registers[register] = .number
        }
    }

    mutating func store(through pointer: Int) {
        let target = model.registers[pointer]
        if target.kind == .mapValue, maps[target.map].flags.contains(.readOnlyProgram), !oops() { return }
        let (size, offset) = place(in: model.registers[pointer])
        let index = [1: 0, 2: 1, 4: 2, 8: 3][size] ?? 0
        if random.chance(40) {
            let operation = [Operation.st8, .st16, .st32, .st64][index]
            emit(operation, dst: pointer, offset: offset, imm: random.edgeImm())
        } else if let value = number(except: [pointer]) {
            emit([Operation.stx8, .stx16, .stx32, .stx64][index], dst: pointer, src: value, offset: offset)
        }
    }
}
