import ISA

extension ProgramGenerator {
    private static let binary: [(imm64: Operation, reg64: Operation, imm32: Operation, reg32: Operation)] = [
        (.add64Imm, .add64Reg, .add32Imm, .add32Reg), (.sub64Imm, .sub64Reg, .sub32Imm, .sub32Reg),
        (.mul64Imm, .mul64Reg, .mul32Imm, .mul32Reg), (.div64Imm, .div64Reg, .div32Imm, .div32Reg),
        (.mod64Imm, .mod64Reg, .mod32Imm, .mod32Reg), (.sdiv64Imm, .sdiv64Reg, .sdiv32Imm, .sdiv32Reg),
        (.smod64Imm, .smod64Reg, .smod32Imm, .smod32Reg), (.or64Imm, .or64Reg, .or32Imm, .or32Reg),
        (.and64Imm, .and64Reg, .and32Imm, .and32Reg), (.xor64Imm, .xor64Reg, .xor32Imm, .xor32Reg),
        (.lsh64Imm, .lsh64Reg, .lsh32Imm, .lsh32Reg), (.rsh64Imm, .rsh64Reg, .rsh32Imm, .rsh32Reg),
        (.arsh64Imm, .arsh64Reg, .arsh32Imm, .arsh32Reg), (.mov64Imm, .mov64Reg, .mov32Imm, .mov32Reg),
    ]
    private static let unary: [Operation] = [
        .neg64, .neg32, .be16, .be32, .be64, .le16, .le32, .le64, .bswap16, .bswap32, .bswap64,
    ]
    private static let extended: [Operation] = [.movsx8to64, .movsx16to64, .movsx32to64, .movsx8to32, .movsx16to32]

    /// One to four operations on numbers.
    mutating func arithmetic() {
        for _ in 0..<random.pick(1...4) {
            guard let dst = number(except: locked) else { return }
            if oops(), let pointer = target() {
                emit(random.pick(Self.binary).imm64, dst: pointer, imm: random.edgeImm())
                continue
            }
            switch random.pick(0...9) {
            case 0: emit(random.pick(Self.unary), dst: dst)
            case 1: emit(random.pick(Self.extended), dst: dst, src: number() ?? dst)
            case 2...5: immediate(dst)
            default: register(dst)
            }
        }
    }

    private mutating func immediate(_ dst: Int) {
        let index = random.pick(0...Self.binary.count - 1)
        let isWide = random.chance(60)
        let operation = isWide ? Self.binary[index].imm64 : Self.binary[index].imm32
        var imm = random.edgeImm()
        let limit = model.registers[dst].limit
        model.registers[dst] = .number(limit: isWide ? .max : 0xFFFF_FFFF)
        switch operation {
        case .lsh64Imm, .rsh64Imm, .arsh64Imm: imm &= 63
        case .lsh32Imm, .rsh32Imm, .arsh32Imm: imm &= 31
        // Linux refuses a division by a constant zero.
        case .div64Imm, .mod64Imm, .div32Imm, .mod32Imm: if imm == 0 { imm = 1 }
        case .sdiv64Imm, .smod64Imm, .sdiv32Imm, .smod32Imm:
            if imm == 0 || random.chance(40) { imm = -1 }
            // The dividend is the smallest number or 0.
            if isWide, random.chance(30) { emit(.lsh64Imm, dst: dst, imm: 63) }
            if !isWide, random.chance(30) { emit(.and32Imm, dst: dst, imm: .min) }
        default: break
        }
        emit(operation, dst: dst, imm: imm)
        switch operation {
        case .and64Imm, .and32Imm: if imm >= 0 { model.registers[dst].limit = UInt64(imm) }
        case .mod64Imm, .mod32Imm: if imm > 0 { model.registers[dst].limit = UInt64(imm) - 1 }
        case .rsh64Imm: model.registers[dst].limit = limit >> UInt64(imm)
        case .mov64Imm, .mov32Imm: if imm >= 0 { model.registers[dst].limit = UInt64(imm) }
        case .add64Imm: if imm >= 0, limit < 1 << 32 { model.registers[dst].limit = limit + UInt64(imm) }
        default: break
        }
    }

    private mutating func register(_ dst: Int) {
        guard let src = number() else { return }
        let row = random.pick(Self.binary)
        let isWide = random.chance(60)
        let limit = model.registers[src].limit
        if [.lsh64Imm, .rsh64Imm, .arsh64Imm].contains(row.imm64), random.chance(60), !locked.contains(src), src != dst
        {
            emit(.and64Imm, dst: src, imm: random.pick([isWide ? 63 : 31, 127]))
            model.registers[src].limit = 127
            if random.chance(30) { emit(.or64Imm, dst: src, imm: Int32(random.pick([1, 32, 33, 64, 70]))) }
        }
        emit(isWide ? row.reg64 : row.reg32, dst: dst, src: src)
        model.registers[dst] = .number(limit: isWide ? .max : 0xFFFF_FFFF)
        if row.imm64 == .mov64Imm { model.registers[dst].limit = isWide ? limit : min(limit, 0xFFFF_FFFF) }
    }

    /// A copy of any register, or a pointer moved by a constant.
    mutating func copy() {
        let sources = model.registers.indices.filter { model.registers[$0].kind != .none }
        guard !sources.isEmpty else { return }
        let from = random.pick(sources)
        guard let to = target(number: model.registers[from].kind == .number, except: [from]) else { return }
        if random.chance(12), model.registers[from].kind == .number {
            emit(.mov32Reg, dst: to, src: from)
            model.registers[to] = .number(limit: min(model.registers[from].limit, 0xFFFF_FFFF))
            return
        }
        move(to: to, from: from)
        switch model.registers[to].kind {
        case .packet where random.chance(50): shift(to, by: random.pick(1...20))
        case .mapValue where random.chance(40): shift(to, by: random.pick(1...12))
        case .mapValueOrNull where oops(): shift(to, by: random.pick(1...8))
        default: break
        }
    }

    /// Moves a pointer by a constant.
    mutating func shift(_ register: Int, by distance: Int) {
        switch random.pick(0...3) {
        case 0: emit(.sub64Imm, dst: register, imm: Int32(-distance))
        case 1:
            guard let other = target(number: true, except: [register]) else { fallthrough }
            emit(.mov64Imm, dst: other, imm: Int32(distance))
            model.registers[other] = .number(limit: distance < 0 ? .max : UInt64(distance))
            emit(.add64Reg, dst: register, src: other)
        default: emit(.add64Imm, dst: register, imm: Int32(distance))
        }
        model.registers[register].offset += distance
    }

    /// A register that holds a number of at most `limit`, mostly.
    mutating func bounded(by limit: Int) -> Int? {
        let known = registers(.number).filter { model.registers[$0].limit <= UInt64(limit) }
        if !known.isEmpty, random.chance(50) { return random.pick(known) }
        guard let source = number() else { return nil }
        var register = source
        if locked.contains(source) || random.chance(30) {
            guard let copy = target(number: true, except: [source]) else { return nil }
            move(to: copy, from: source)
            register = copy
            // What is learnt of one copy holds for the other.
            if random.chance(30), locked.isDisjoint(with: [source]), model.registers[source].limit == .max {
                bound(source, by: limit)
                model.registers[copy].limit = model.registers[source].limit
                return copy
            }
        }
        bound(register, by: limit)
        return register
    }

    /// Bounds a number by arithmetic or by comparison.
    private mutating func bound(_ register: Int, by wanted: Int) {
        let limit = oops() ? wanted + random.pick([1, 1, 2, 8]) : wanted
        let imm = Int32(limit)
        let mask = Int32((1 << (Int.bitWidth - (limit + 1).leadingZeroBitCount - 1)) - 1)
        switch random.pick(0...11) {
        case 0, 1: emit(.and64Imm, dst: register, imm: mask)
        case 2: emit(.and32Imm, dst: register, imm: mask)
        case 3: emit(random.chance(50) ? .mod64Imm : .mod32Imm, dst: register, imm: imm + 1)
        case 4 where mask > 0: emit(.rsh64Imm, dst: register, imm: Int32(64 - (mask + 1).trailingZeroBitCount) & 63)
        case 5:
            emit(.mov32Reg, dst: register, src: register)
            jump(.jgt32Imm, dst: register, imm: imm, to: bail())
        case 6: jump(.jgt64Imm, dst: register, imm: imm, to: bail())
        case 7: jump(.jge64Imm, dst: register, imm: imm + 1, to: bail())
        case 8:
            let inside = code.label()
            jump(random.chance(50) ? .jle64Imm : .jlt64Imm, dst: register, imm: imm, to: inside)
            jumpAlways(to: bail())
            place(inside)
        case 9:
            jump(.jsgt64Imm, dst: register, imm: imm, to: bail())
            if !oops() { jump(.jslt64Imm, dst: register, imm: 0, to: bail()) }
        case 10:
            jump(.jset64Imm, dst: register, imm: ~mask, to: bail())
        default:
            guard let other = target(number: true, except: [register]) else {
                emit(.and64Imm, dst: register, imm: mask)
                break
            }
            emit(.mov64Imm, dst: other, imm: imm)
            model.registers[other] = .number(limit: UInt64(limit))
            if random.chance(50) {
                jump(.jgt64Reg, dst: register, src: other, to: bail())
            } else {
                jump(.jlt64Reg, dst: other, src: register, to: bail())
            }
        }
        model.registers[register].limit = min(model.registers[register].limit, UInt64(wanted))
    }
}
