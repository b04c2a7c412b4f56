import ISA
import Object

@testable import Engine
@testable import Maps
@testable import Verifier

/// What was found wrong about a program that the verifier accepted.
public struct Violation: Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// An access of the run was outside.
        case fault
        /// A register held what no state of the verifier allows.
        case uncontained
        /// The run did what the verifier told the engine that it would not do.
        case fact
        /// The run reached an instruction that the verifier did not explore.
        case unexplored
        /// Without checks the run ended otherwise.
        case different
        /// The engine refuses what the verifier accepts.
        case refused
        /// The verifier rejected with a flaw of its own, or ended badly.
        case internalError
    }

    public var kind: Kind
    /// Slot at which it shows.
    public var slot: Int
    public var text: String
    public var description: String { "\(kind.rawValue) at instruction \(slot): \(text)" }
}

/// Verifies a program, runs it, and holds the runs against what the verifier said.
public final class FuzzMachine {
    private let domain = WorkerDomain(workers: 1)
    private let trace = TraceLog(capacity: 4)
    private let memory: UnsafeMutableRawBufferPointer
    /// Bytes in front of and behind the packet.
    private static let margin = 256
    private static let slot = 0
    /// Of a run.
    static let fuel = 1 << 16

    public init() {
        memory = .allocate(byteCount: 2048 + 2 * Self.margin, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// How a program fared.
    public struct Outcome: Sendable {
        public var rejection: Rejection?
        public var violation: Violation?
        public var runs = 0
        public var runsOutOfFuel = 0
        public var steps = 0
        public var explored = 0
        public var isAccepted: Bool { rejection == nil }
    }

    static let offer = Verifier.Offer(
        helpers: Set(Helper.allCases.map(\.rawValue)), mapTypes: Map.types)

    /// Verifies, and runs what is accepted on `inputs` inputs made from `seed`.
    public func test(_ program: GeneratedProgram, inputs: Int, seed: UInt64) -> Outcome {
        var outcome = Outcome()
        let code = ObjectProgram(name: "fuzz", instructions: program.instructions)
        let exploration = Exploration(program.instructions)
        var options = Verifier.Options()
        options.offered = Self.offer
        options.limits.instructions = 20_000
        options.limits.cpuMilliseconds = 60_000
        let descriptions = program.maps.enumerated().map { MapDescription(name: "map\($0)", attributes: $1) }
        let verdict = Verifier.verify(
            code, type: program.type, maps: descriptions, options: options,
            observer: { slot, state in exploration.note(slot, state) })
        outcome.explored = verdict.statistics.instructionsExplored
        if let rejection = verdict.rejection {
            outcome.rejection = rejection
            return outcome
        }
        do {
            let maps = try program.maps.enumerated().map { try Map($1, domain: domain, name: "map\($0)") }
            let checked = try Program(
                code, type: program.type, maps: maps, domain: domain, trace: trace, options: .init(fuel: Self.fuel))
            let unchecked = try Program(
                code, type: program.type, maps: maps, domain: domain, trace: trace,
                options: .init(fuel: Self.fuel, engine: .interpreter), facts: verdict.facts)
            let native = try Program(
                code, type: program.type, maps: maps, domain: domain, trace: trace,
                options: .init(fuel: Self.fuel, engine: .jit), facts: verdict.facts)
            for index in 0..<inputs where outcome.violation == nil {
                let input = Input(seed: seed &+ UInt64(index) &* 0x1_0001)
                let check = FactCheck(program.instructions, verdict.facts, core: checked.executable.core)
                try run(checked, [unchecked, native], maps, input, exploration, check, &outcome)
            }
        } catch {
            outcome.violation = Violation(kind: .refused, slot: 0, text: "\(error)")
        }
        return outcome
    }

    /// All that a run leaves.
    private struct Trail: Equatable {
        var result: RunResult
        var packet: [UInt8]
        var ring: UInt8
        var maps: [[[UInt8]: [UInt8]]]
    }

    private func run(
        _ checked: Program, _ others: [Program], _ maps: [Map], _ input: Input, _ exploration: Exploration,
        _ check: FactCheck, _ outcome: inout Outcome
    ) throws {
        try input.fill(maps)
        let containment = Containment(core: checked.executable.core, maps: maps)
        var violation: Violation?
        var steps = 0
        var hint = 0
        var check = check
        let observe: (InterpreterStep) -> Void = { step in
            steps += 1
            guard violation == nil, step.slot < exploration.states.count else { return }
            if exploration.states[step.slot].isEmpty {
                violation = Violation(kind: .unexplored, slot: step.slot, text: "")
            } else if !containment.holds(step, exploration, hint: &hint) {
                violation = Violation(
                    kind: .uncontained, slot: step.slot, text: Self.describe(step, exploration, containment))
            } else if let flaw = check.flaw(step) {
                violation = Violation(kind: .fact, slot: step.slot, text: flaw)
            }
        }
        let trail = try trail(checked, maps, input, TracedExecution(observe: observe))
        outcome.runs += 1
        outcome.steps += steps
        switch trail.result.fault {
        case .none: break
        case .outOfFuel: outcome.runsOutOfFuel += 1
        default:
            let at = checked.lastFault(slot: Self.slot)?.instruction ?? 0
            violation = violation ?? Violation(kind: .fault, slot: at, text: trail.result.fault.name)
        }
        outcome.violation = violation.map {
            var violation = $0
            violation.text += "; packet of \(input.packet.count) bytes, input \(input.seed)"
            return violation
        }
        // What is wrong with checks could do harm without.
        guard violation == nil else { return }
        for program in others {
            try input.fill(maps)
            let other = try self.trail(program, maps, input, nil as UncheckedExecution?)
            guard other != trail else { continue }
            let difference = Self.difference(trail, other)
            outcome.violation = Violation(
                kind: .different, slot: 0,
                text: "\(program.engine): \(difference); packet of \(input.packet.count) bytes, input \(input.seed)")
            return
        }
    }

    private static func difference(_ checked: Trail, _ unchecked: Trail) -> String {
        if checked.result != unchecked.result { return "checked \(checked.result), unchecked \(unchecked.result)" }
        if checked.ring != unchecked.ring { return "ring \(checked.ring), unchecked \(unchecked.ring)" }
        if let byte = checked.packet.indices.first(where: { checked.packet[$0] != unchecked.packet[$0] }) {
            return "byte \(byte) of the packet is \(checked.packet[byte]), unchecked \(unchecked.packet[byte])"
        }
        return "maps \(checked.maps), unchecked \(unchecked.maps)"
    }

    /// - Parameter policy: nil: as the program's own engine does.
    private func trail<Policy: InterpreterPolicy>(
        _ program: Program, _ maps: [Map], _ input: Input, _ policy: Policy?
    ) throws -> Trail {
        let start = memory.baseAddress! + Self.margin
        let count = input.packet.count
        input.packet.withUnsafeBytes {
            start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: count)
        }
        program.executable.core.pointee.states[Self.slot].random = input.seed | 1
        var frame = FrameContext(
            data: start, length: count, ingressPort: UInt32(truncatingIfNeeded: input.seed >> 3) & 0xFF,
            ring: UInt8(truncatingIfNeeded: input.seed) & 7, ingressIfindex: UInt32(truncatingIfNeeded: input.seed))
        var result = RunResult()
        if let policy {
            program.executable.run(&frame, count: 1, results: &result, slot: Self.slot, policy: policy)
        } else {
            program.executable.run(&frame, count: 1, results: &result, slot: Self.slot)
        }
        let entries = try maps.map { map in
            var entries: [[UInt8]: [UInt8]] = [:]
            try map.forEach { key, value in
                entries[Array(key)] = Array(value)
                return true
            }
            return entries
        }
        return Trail(
            result: result, packet: Array(UnsafeRawBufferPointer(start: start, count: count)), ring: frame.ring,
            maps: entries)
    }

    /// The live registers, and the first of them that no state allows or else all that the states say.
    private static func describe(
        _ step: InterpreterStep, _ exploration: Exploration, _ containment: Containment
    ) -> String {
        let numbers = exploration.numbers[step.slot]
        let states = exploration.states[step.slot].filter { $0.frames == step.depth + 1 }
        let hex = numbers.map { "r\($0)=0x\(String(step.registers[$0], radix: 16))" }.joined(separator: " ")
        var text = "\(hex), \(states.count) states"
        for (index, number) in numbers.enumerated()
        where !states.contains(where: { containment.allows($0.registers[index], step.registers[number], step) }) {
            let said = Set(
                states.prefix(4).map {
                    "\($0.registers[index].kind) \($0.registers[index].offset) "
                        + "\($0.registers[index].range) \($0.registers[index].number)"
                })
            text += "; r\(number) is none of \(said.joined(separator: ", "))"
        }
        return text
    }
}
