import ISA
import Object
import TestSupport

@testable import Verifier

/// Follows one path of a program, deciding branches by chance, and notes what each function reads and writes.
///
/// Numbers, and addresses of the stacks of active functions, are what a register holds. What the verifier would refuse
/// does nothing, or ends the path.
struct PathWalk {
    let program: ObjectProgram
    let flow: ControlFlow
    var random: SplitMix
    /// One for each activation of a function.
    private(set) var traces: [[Step]] = []
    /// The call that each trace began with.
    private var parents: [(trace: Int, step: Int)?] = []
    private var frames: [Frame] = []
    private var left = 100

    init(program: ObjectProgram, flow: ControlFlow, random: SplitMix) {
        self.program = program
        self.flow = flow
        self.random = random
    }

    struct Step {
        var slot: Int
        var registersRead: Set<Int> = []
        var registersWritten: Set<Int> = []
        /// Offsets from r10.
        var bytesRead: Set<Int> = []
        var bytesWritten: Set<Int> = []
        var isCall = false
        var isCallback = false
    }

    enum Value: Equatable {
        case number(Int64)
        case stack(frame: Int, offset: Int)
        /// An address of something else, where anything can be loaded and numbers can be stored.
        case elsewhere
    }

    private struct Frame {
        var registers: [Value]
        /// Aligned 8 bytes that hold an address whole.
        var addresses: [Int: Value] = [:]
        var trace: Int
    }

    /// The path is one that the verifier refuses.
    private struct Refused: Error {}

    mutating func run() {
        do { _ = try call(0, [.elsewhere] + Array(repeating: .number(0), count: 4)) } catch {}
        // What a function reads of its arguments, its caller reads.
        for (trace, parent) in zip(traces, parents).reversed() {
            guard let parent, !traces[parent.trace][parent.step].isCallback else { continue }
            var read: Set<Int> = []
            for step in trace.reversed() { read = read.subtracting(step.registersWritten).union(step.registersRead) }
            traces[parent.trace][parent.step].registersRead.formUnion(read.intersection(1...5))
        }
    }

    /// What a trace reads that was said to be dead at a step before.
    static func firstFlaw(_ trace: [Step], _ live: Liveness) -> String? {
        var registers: Set<Int> = []
        var bytes: Set<Int> = []
        for step in trace.reversed() {
            let slots = Set(bytes.union(step.bytesRead).map { (-1 - $0) / 8 })
            if step.isCall {
                let registerMask = live.registersDuringCall(at: step.slot, isCallback: step.isCallback)
                let kept = registers.intersection(6...9)
                for register in kept where registerMask >> register & 1 == 0 {
                    return "r\(register) is dead during the call at \(step.slot)"
                }
                let stackMask = live.stackDuringCall(at: step.slot)
                for slot in slots where stackMask >> slot & 1 == 0 {
                    return "stack slot \(slot) is dead during the call at \(step.slot)"
                }
            }
            registers.subtract(step.registersWritten)
            registers.formUnion(step.registersRead)
            bytes.subtract(step.bytesWritten)
            bytes.formUnion(step.bytesRead)
            for register in registers where register < 10 && live.registers[step.slot] >> register & 1 == 0 {
                return "r\(register) is dead at \(step.slot)"
            }
            for byte in bytes where live.stack[step.slot] >> ((-1 - byte) / 8) & 1 == 0 {
                return "byte \(byte) is dead at \(step.slot)"
            }
        }
        return nil
    }

    /// Runs a function; answers r0.
    private mutating func call(_ function: Int, _ arguments: [Value]) throws -> Value {
        let depth = frames.count
        var registers = [Value](repeating: .number(0), count: 10) + [.stack(frame: depth, offset: 0)]
        registers.replaceSubrange(1...5, with: arguments)
        parents.append(frames.last.map { ($0.trace, traces[$0.trace].count - 1) })
        frames.append(Frame(registers: registers, trace: traces.count))
        traces.append([])
        var slot = flow.functions[function].start
        while true {
            left -= 1
            guard left > 0, let operation = flow.operations[slot] else { throw Refused() }
            traces[frames[depth].trace].append(Step(slot: slot))
            let successors = flow.successors(of: slot)
            if operation == .exit {
                let result = read(0)
                frames.removeLast()
                if case .stack(depth, _) = result { return .number(0) }
                return result
            }
            try step(operation, program.instructions[slot], at: slot)
            if let jump = successors.jump, successors.next == nil || Bool.random(using: &random) {
                slot = jump
            } else {
                slot = successors.next!
            }
        }
    }

    private mutating func note(_ change: (inout Step) -> Void) {
        let trace = frames[frames.count - 1].trace
        change(&traces[trace][traces[trace].count - 1])
    }

    private mutating func read(_ register: Int) -> Value {
        // Whoever reads before an earlier write of the same step reads what was there.
        note { if !$0.registersWritten.contains(register) { $0.registersRead.insert(register) } }
        return frames[frames.count - 1].registers[register]
    }

    private mutating func write(_ register: Int, _ value: Value) {
        note { $0.registersWritten.insert(register) }
        frames[frames.count - 1].registers[register] = value
    }

    private mutating func step(_ operation: Operation, _ insn: Instruction, at slot: Int) throws {
        let dst = Int(insn.dst)
        let src = Int(insn.src)
        switch InstructionTable.entry(of: operation).operands {
        case .aluImm where operation == .mov64Imm: write(dst, .number(Int64(insn.imm)))
        case .aluReg where operation == .mov64Reg: write(dst, read(src))
        case .aluImm: write(dst, compute(operation, read(dst), .number(Int64(insn.imm))))
        case .aluReg: write(dst, compute(operation, read(dst), read(src)))
        case .unary: write(dst, compute(operation, read(dst), .number(0)))
        case .wide: write(dst, .number(0))
        case .jumpImm: _ = read(dst)
        case .load:
            let address = read(src)
            write(dst, load(address, Int(insn.offset), bytes(insn)))
        case .storeImm: try store(read(dst), Int(insn.offset), bytes(insn), .number(1))
        case .storeReg:
            let value = read(src)
            try store(read(dst), Int(insn.offset), bytes(insn), value)
        case .atomic:
            let new = read(src)
            let address = read(dst)
            _ = load(address, Int(insn.offset), bytes(insn))
            guard case .number = new else { throw Refused() }
            // A write that is a read as well.
            try store(address, Int(insn.offset), bytes(insn), .number(0), isWhole: false)
            if operation == .atomicCmpxchg64 {
                _ = read(0)
                write(0, .number(0))
            } else if insn.imm & 1 == 1 {
                write(src, .number(0))
            }
        case .callHelper: try helper(insn, at: slot)
        case .callLocal:
            note { $0.isCall = true }
            let arguments = (1...5).map { frames[frames.count - 1].registers[$0] }
            let result = try call(flow.reference(at: slot)!, arguments)
            clobber(result)
        default: break
        }
    }

    private mutating func helper(_ insn: Instruction, at slot: Int) throws {
        let arguments = (1...(insn.imm == 181 ? 4 : 5)).map { read($0) }
        if insn.imm == 181 {
            note {
                $0.isCall = true
                $0.isCallback = true
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let callback = flow.functions.indices.last { flow.functions[$0].isCallback }!
                _ = try call(callback, [.number(0), arguments[2], .number(0), .number(0), .number(0)])
            }
        } else {
            for argument in arguments {
                guard case .stack(_, let offset) = argument, offset < 0 else { continue }
                // As much as it likes.
                _ = load(argument, 0, Int.random(in: 1...(-offset), using: &random))
            }
        }
        clobber(.number(0))
    }

    private mutating func clobber(_ result: Value) {
        for register in 1...5 { write(register, .number(0)) }
        write(0, result)
    }

    private func bytes(_ insn: Instruction) -> Int { [4, 2, 1, 8][Int(insn.opcode >> 3 & 3)] }

    private func compute(_ operation: Operation, _ a: Value, _ b: Value) -> Value {
        switch (operation, a, b) {
        case (.add64Imm, .number(let a), .number(let b)), (.add64Reg, .number(let a), .number(let b)):
            return .number(a &+ b)
        case (.add64Imm, .stack(let frame, let offset), .number(let by)),
            (.add64Reg, .stack(let frame, let offset), .number(let by)),
            (.add64Reg, .number(let by), .stack(let frame, let offset)):
            return abs(by) < 10_000 ? .stack(frame: frame, offset: offset + Int(by)) : .number(0)
        case (.sub64Reg, .stack(let frame, let offset), .number(let by)):
            return abs(by) < 10_000 ? .stack(frame: frame, offset: offset - Int(by)) : .number(0)
        case (_, .number(let a), .number(let b)): return .number(a &- b)
        default: return .number(0)
        }
    }

    private func access(_ address: Value, _ offset: Int, _ count: Int) -> (frame: Int, start: Int)? {
        guard case .stack(let frame, let base) = address, frame < frames.count else { return nil }
        let start = base + offset
        return start >= -512 && start + count <= 0 ? (frame, start) : nil
    }

    private mutating func load(_ address: Value, _ offset: Int, _ count: Int) -> Value {
        guard let (frame, start) = access(address, offset, count) else { return .number(0) }
        let trace = frames[frame].trace
        traces[trace][traces[trace].count - 1].bytesRead.formUnion(start..<(start + count))
        guard count == 8, start % 8 == 0 else { return .number(0) }
        return frames[frame].addresses[start] ?? .number(0)
    }

    private mutating func store(
        _ address: Value, _ offset: Int, _ count: Int, _ value: Value, isWhole: Bool = true
    ) throws {
        if address == .elsewhere { return }
        guard let (frame, start) = access(address, offset, count) else { throw Refused() }
        let isOwn = frame == frames.count - 1
        for slot in Set((start..<(start + count)).map { ($0 & ~7) }) { frames[frame].addresses[slot] = nil }
        if count == 8 {
            switch value {
            case .stack(let owner, _) where owner > frame: throw Refused()
            case .stack, .elsewhere:
                guard start % 8 == 0 else { throw Refused() }
                frames[frame].addresses[start] = value
            case .number: break
            }
        }
        // What a callee writes is not written by the call on every path.
        guard isOwn, isWhole else { return }
        note { step in
            for byte in start..<(start + count) where !step.bytesRead.contains(byte) { step.bytesWritten.insert(byte) }
        }
    }
}
