import ISA
import Maps
import Object
import Testing
import Verifier

@testable import Engine

/// Runs assembly on a packet, as tests want it.
struct Machine {
    let domain = WorkerDomain(workers: 2)
    let trace = TraceLog(capacity: 8)
    var maps: [Map] = []
    var fuel = 1 << 16
    var fib: FIBTable?

    mutating func addMap(
        _ type: MapType, key: Int = 4, value: Int = 8, entries: Int = 4, flags: MapFlags = []
    ) throws -> Map {
        let map = try Map(
            MapAttributes(type: type, keySize: key, valueSize: value, maxEntries: entries, flags: flags),
            domain: domain, name: "map\(maps.count)")
        maps.append(map)
        return map
    }

    func program(_ source: String, type: ProgramType = .vale, validate: Bool = true) throws -> Program {
        try Program(
            ObjectProgram(name: "test", instructions: Assembler.assemble(source)), type: type, maps: maps,
            domain: domain, trace: trace, options: .init(fuel: fuel, fib: fib), validate: validate)
    }

    struct Outcome: Equatable {
        var result: RunResult
        var packet: [UInt8]
        var ring: UInt8
        var metadata: [UInt8] = []
        var redirect = Redirect.none
        var value: UInt64 { result.value }
        var fault: Fault { result.fault }
    }

    func run(
        _ source: String, type: ProgramType = .vale, packet: [UInt8] = [], port: UInt32 = 0, ring: UInt8 = 0,
        ifindex: UInt32 = 0, slot: Int = 0, validate: Bool = true
    ) throws -> Outcome {
        let program = try program(source, type: type, validate: validate)
        let frame = FrameContext(
            data: UnsafeMutableRawPointer(bitPattern: 1)!, length: 0, ingressPort: port, ring: ring,
            ingressIfindex: ifindex)
        let copies = try? maps.map { try copy($0) }
        var contextLoads: [Int: Int] = [:]
        let outcome = run(
            program, packet, frame, slot,
            TracedExecution { step in
                if let field = contextField(program, step) { contextLoads[step.slot] = field }
            })
        // What ends without a fault is what a verifier lets run without checks.
        if outcome.fault == .none, let copies, !program.code.instructions.contains(where: \.differsByRun) {
            var facts = Verifier.Facts()
            facts.contextLoads = contextLoads
            try compare(outcome, program, copies, facts, packet, frame, slot, validate: validate)
        }
        return outcome
    }

    /// Runs it again without checks, by the interpreter and natively.
    private func compare(
        _ outcome: Outcome, _ program: Program, _ copies: [Map], _ facts: Verifier.Facts, _ packet: [UInt8],
        _ frame: FrameContext, _ slot: Int, validate: Bool
    ) throws {
        let before = try copies.map { try entries($0) }
        for engine in Program.Engine.allCases {
            for (copy, entries) in zip(copies, before) {
                try copy.clear()
                for (key, value) in entries { try copy.update(key, value) }
            }
            let unchecked = try Program(
                program.code, type: program.type, maps: copies, domain: domain, trace: trace,
                options: .init(fuel: fuel, engine: engine, fib: fib), facts: facts, validate: validate)
            #expect(unchecked.engine == engine)
            let policy = engine == .interpreter ? UncheckedExecution() : nil
            #expect(
                run(unchecked, packet, frame, slot, policy) == outcome,
                "\(engine): \(Disassembler.assembly(program.code.instructions))")
            for (map, copy) in zip(maps, copies) { #expect(try entries(map) == entries(copy), "\(engine)") }
        }
    }

    /// - Parameter policy: nil: as the program's own engine does.
    private func run<Policy: InterpreterPolicy>(
        _ program: Program, _ packet: [UInt8], _ frame: FrameContext, _ slot: Int, _ policy: Policy?
    ) -> Outcome {
        var bytes = packet
        let length = bytes.count
        // Room beside the packet, so that a wrong access is a wrong answer and not a crash.
        let (headroom, tailroom, margin) = (256, 256, 64)
        let start = margin + headroom
        bytes = [UInt8](repeating: 0xEE, count: start) + bytes + [UInt8](repeating: 0xEE, count: tailroom + margin)
        var outcome = Outcome(result: RunResult(), packet: [], ring: 0)
        bytes.withUnsafeMutableBytes { buffer in
            if program.type == .memory {
                let memory = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + length])
                outcome.result =
                    policy.map { program.executable.run(memory: memory, slot: slot, policy: $0) }
                    ?? program.executable.run(memory: memory, slot: slot)
                outcome.packet = Array(memory)
            } else {
                var context = frame
                context.data = buffer.baseAddress! + start
                context.dataMeta = context.data
                context.dataEnd = context.data + length
                context.hardStart = context.data - headroom
                context.hardEnd = context.dataEnd + tailroom
                if let policy {
                    program.executable.run(&context, count: 1, results: &outcome.result, slot: slot, policy: policy)
                } else {
                    program.executable.run(&context, count: 1, results: &outcome.result, slot: slot)
                }
                outcome.ring = context.ring
                outcome.redirect = context.redirect
                outcome.packet = Array(
                    UnsafeRawBufferPointer(start: context.data, count: context.dataEnd - context.data))
                outcome.metadata = Array(
                    UnsafeRawBufferPointer(start: context.dataMeta, count: context.data - context.dataMeta))
            }
        }
        return outcome
    }

    /// The field of the context that the next instruction loads, if it does.
    private func contextField(_ program: Program, _ step: InterpreterStep) -> Int? {
        guard step.slot < program.code.instructions.count else { return nil }
        let instruction = program.code.instructions[step.slot]
        guard InstructionTable.operation(of: instruction) == .ldx32 else { return nil }
        let base = UInt64(UInt(bitPattern: step.state.pointee.context))
        let field = step.registers[Int(instruction.src)] &+ UInt64(bitPattern: Int64(instruction.offset)) &- base
        return field < 24 ? Int(field) : nil
    }

    private func copy(_ map: Map) throws -> Map {
        let copy = try Map(map.attributes, domain: domain, name: map.name)
        for (key, value) in try entries(map) { try copy.update(key, value) }
        return copy
    }

    private func entries(_ map: Map) throws -> [[UInt8]: [UInt8]] {
        var entries: [[UInt8]: [UInt8]] = [:]
        try map.forEach { key, value in
            entries[Array(key)] = Array(value)
            return true
        }
        return entries
    }
}

extension Instruction {
    /// A call of a helper that need not answer twice the same: time, text, random numbers.
    fileprivate var differsByRun: Bool {
        opcode == 0x85 && src == 0 && [5, 6, 7, 118, 125, 160, 177, 208].contains(imm)
    }
}
