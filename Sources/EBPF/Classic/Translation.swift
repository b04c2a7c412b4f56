import ISA
import Object

extension ClassicProgram {
    /// The program in eBPF, for the verifier and the engine.
    ///
    /// A load beyond the packet and a division by 0 end it without a match, as they do in classic BPF. Bytes from 65,535
    /// on count as beyond the packet: the verifier proves no offset larger than that.
    public func translated(name: String, _ verdicts: FilterVerdicts) -> ObjectProgram {
        var translation = Translation(steps, verdicts)
        return ObjectProgram(
            name: name, section: verdicts.type.rawValue, type: verdicts.type, instructions: translation.code())
    }
}

/// Classic BPF to eBPF, each step by itself, to at most 8 instructions: jumps reach all of 4,096 steps.
///
///     r6 packet   r7 its end   r8 A   r9 X   r1 scratch   M[i] at r10 - 4 * (i + 1)
///
/// A and X hold 32 bits, their upper halves are 0.
struct Translation {
    private let steps: [ClassicStep]
    private let verdicts: FilterVerdicts
    private var instructions: [Instruction] = []
    /// The first slot of each step.
    private var places: [Int?]
    private var jumps: [(slot: Int, step: Int)] = []
    /// For each step, how many bytes the packet has on every way to it; nil for those that no way leads to. Steps jump
    /// forward only: all ways to a step are known when it is its turn.
    private var proven: [Int?]

    private static let packet = 6
    private static let end = 7
    private static let a = 8
    private static let x = 9
    private static let scratch = 1
    private static let stack = 10
    /// `MAX_PACKET_OFF` of the verifier.
    private static let maxOffset = 0xffff

    init(_ steps: [ClassicStep], _ verdicts: FilterVerdicts) {
        self.steps = steps
        self.verdicts = verdicts
        places = Array(repeating: nil, count: steps.count + 1)
        proven = Array(repeating: nil, count: steps.count)
        proven[0] = 0
    }

    /// The step that stands for an end without a match.
    private var noMatch: Int { steps.count }

    mutating func code() -> [Instruction] {
        begin()
        for (index, step) in steps.enumerated() {
            guard let bytes = proven[index] else { continue }
            places[index] = instructions.count
            translate(step, next: index + 1, bytes)
        }
        if jumps.contains(where: { $0.step == noMatch }) {
            places[noMatch] = instructions.count
            finish(verdicts.noMatch)
        }
        for (slot, step) in jumps {
            guard let place = places[step] else { preconditionFailure("step \(step) is reached and has no place") }
            instructions[slot].offset = Int16(place - slot - 1)
        }
        return instructions
    }

    private mutating func begin() {
        // struct xdp_md has 32-bit fields, struct vale_bpf_md pointers.
        let isVale = verdicts.type == .vale
        emit(isVale ? .ldx64 : .ldx32, Self.packet, 1)
        emit(isVale ? .ldx64 : .ldx32, Self.end, 1, offset: isVale ? 8 : 4)
        emit(.mov32Imm, Self.a)
        emit(.mov32Imm, Self.x)
        let read = steps.compactMap { if case .loadScratch(_, let index) = $0 { index } else { nil } }
        for index in Set(read).sorted() { emit(.st32, Self.stack, offset: Self.scratchOffset(index)) }
    }

    private static func scratchOffset(_ index: Int) -> Int { -4 * (index + 1) }

    // MARK: Emitting

    private mutating func emit(_ operation: Operation, _ dst: Int, _ src: Int = 0, offset: Int = 0, imm: Int32 = 0) {
        instructions.append(Instruction(operation, dst: dst, src: src, offset: offset, imm: imm))
    }

    private mutating func jump(_ operation: Operation, _ dst: Int = 0, _ src: Int = 0, imm: Int32 = 0, to step: Int) {
        jumps.append((instructions.count, step))
        emit(operation, dst, src, imm: imm)
    }

    private mutating func finish(_ verdict: Int32) {
        emit(.mov32Imm, 0, imm: verdict)
        emit(.exit, 0)
    }

    /// Control may go from here to `step`, where the packet has `bytes`.
    private mutating func reach(_ step: Int, _ bytes: Int) {
        proven[step] = min(proven[step] ?? bytes, bytes)
    }

    private static func register(_ register: ClassicStep.Register) -> Int { register == .a ? a : x }

    // MARK: Steps

    /// - Parameter bytes: what the packet has before it.
    private mutating func translate(_ step: ClassicStep, next: Int, _ bytes: Int) {
        var bytes: Int? = bytes
        switch step {
        case .loadAbsolute(let size, let offset):
            bytes = load(Self.a, size, at: offset, bytes ?? 0)
        case .loadIndirect(let size, let offset):
            bytes = loadIndirect(size, at: offset) ? bytes : nil
        case .loadHeaderLength(let offset):
            bytes = load(Self.x, 1, at: offset, bytes ?? 0)
            guard bytes != nil else { break }
            emit(.and32Imm, Self.x, imm: 15)
            emit(.lsh32Imm, Self.x, imm: 2)
        case .loadImmediate(let register, let k): emit(.mov32Imm, Self.register(register), imm: Int32(bitPattern: k))
        case .loadLength(let register):
            emit(.mov64Reg, Self.register(register), Self.end)
            emit(.sub64Reg, Self.register(register), Self.packet)
            emit(.mov32Reg, Self.register(register), Self.register(register))
        case .loadScratch(let register, let index):
            emit(.ldx32, Self.register(register), Self.stack, offset: Self.scratchOffset(index))
        case .storeScratch(let register, let index):
            emit(.stx32, Self.stack, Self.register(register), offset: Self.scratchOffset(index))
        case .move(let register):
            emit(.mov32Reg, Self.register(register), Self.register(register == .a ? .x : .a))
        case .arithmetic(let operation, let operand): arithmetic(operation, operand)
        case .negate: emit(.neg32, Self.a)
        case .jump(let target):
            if target != next { jump(.ja, to: target) }
            reach(target, bytes ?? 0)
            return
        case .branch(let comparison, let operand, let first, let second):
            branch(comparison, operand, first, second, next)
            reach(first, bytes ?? 0)
            reach(second, bytes ?? 0)
            return
        case .returnValue(let k):
            finish(k == 0 ? verdicts.noMatch : verdicts.match)
            return
        case .returnA:
            emit(.mov32Imm, 0, imm: verdicts.noMatch)
            emit(.jeq32Imm, Self.a, offset: 1)
            finish(verdicts.match)
            return
        }
        if let bytes { reach(next, bytes) }
    }

    /// How many bytes the packet has behind the load; nil if it can only end the program.
    private mutating func load(_ register: Int, _ size: Int, at offset: UInt32, _ bytes: Int) -> Int? {
        let offset = Int(offset)
        let needed = offset + size
        guard needed <= Self.maxOffset else {
            jump(.ja, to: noMatch)
            return nil
        }
        if needed > bytes {
            emit(.mov64Reg, Self.scratch, Self.packet)
            emit(.add64Imm, Self.scratch, imm: Int32(needed))
            jump(.jgt64Reg, Self.scratch, Self.end, to: noMatch)
        }
        if offset <= Int16.max {
            read(register, size, Self.packet, offset)
        } else {
            emit(.mov64Reg, Self.scratch, Self.packet)
            emit(.add64Imm, Self.scratch, imm: Int32(offset))
            read(register, size, Self.scratch, 0)
        }
        return max(needed, bytes)
    }

    /// False if it can only end the program. The sum of X and the offset does not wrap, as in libpcap.
    private mutating func loadIndirect(_ size: Int, at offset: UInt32) -> Bool {
        guard Int(offset) + size <= Self.maxOffset else {
            jump(.ja, to: noMatch)
            return false
        }
        emit(.mov64Reg, Self.scratch, Self.x)
        if offset > 0 { emit(.add64Imm, Self.scratch, imm: Int32(offset)) }
        jump(.jgt64Imm, Self.scratch, imm: Int32(Self.maxOffset - size), to: noMatch)
        emit(.add64Reg, Self.scratch, Self.packet)
        emit(.add64Imm, Self.scratch, imm: Int32(size))
        jump(.jgt64Reg, Self.scratch, Self.end, to: noMatch)
        read(Self.a, size, Self.scratch, -size)
        return true
    }

    private mutating func read(_ register: Int, _ size: Int, _ base: Int, _ offset: Int) {
        emit(size == 4 ? .ldx32 : size == 2 ? .ldx16 : .ldx8, register, base, offset: offset)
        if size > 1 { emit(size == 4 ? .be32 : .be16, register) }
    }

    private mutating func arithmetic(_ operation: ClassicStep.Arithmetic, _ operand: ClassicStep.Operand) {
        switch operand {
        case .k(let k): emit(operation.operations.imm, Self.a, imm: Int32(bitPattern: k))
        case .x:
            switch operation {
            case .div, .mod:
                jump(.jeq32Imm, Self.x, to: noMatch)
                emit(operation.operations.reg, Self.a, Self.x)
            case .lsh, .rsh:
                // eBPF takes the number of bits modulo 32.
                emit(.jgt32Imm, Self.x, offset: 2, imm: 31)
                emit(operation.operations.reg, Self.a, Self.x)
                emit(.ja, 0, offset: 1)
                emit(.mov32Imm, Self.a)
            default: emit(operation.operations.reg, Self.a, Self.x)
            }
        }
    }

    private mutating func branch(
        _ comparison: ClassicStep.Comparison, _ operand: ClassicStep.Operand, _ first: Int, _ second: Int, _ next: Int
    ) {
        guard first != second else {
            if first != next { jump(.ja, to: first) }
            return
        }
        if first == next, let opposite = comparison.opposites {
            compare(opposite, operand, to: second)
            return
        }
        compare(comparison.operations, operand, to: first)
        if second != next { jump(.ja, to: second) }
    }

    private mutating func compare(
        _ operations: (imm: Operation, reg: Operation), _ operand: ClassicStep.Operand, to step: Int
    ) {
        switch operand {
        case .k(let k): jump(operations.imm, Self.a, imm: Int32(bitPattern: k), to: step)
        case .x: jump(operations.reg, Self.a, Self.x, to: step)
        }
    }
}
