import ISA
import Object

extension Verifier {
    /// Decides whether `program` can do harm. Takes up to `options.limits.cpuMilliseconds` of the calling thread.
    ///
    /// - Parameter maps: what the program's map references count into.
    public static func verify(
        _ program: ObjectProgram, type: ProgramType, maps: [MapDescription] = [], options: Options = Options()
    ) -> Verdict {
        verify(program, type: type, maps: maps, options: options, observer: nil)
    }

    /// `observer` is told of every instruction that is explored.
    static func verify(
        _ program: ObjectProgram, type: ProgramType, maps: [MapDescription], options: Options,
        observer: Explorer.Observer?
    ) -> Verdict {
        let start = Explorer.threadNanoseconds()
        var verdict = Verdict()
        let log = options.keepsLog ? Log(limit: options.limits.logBytes) : nil
        do throws(Rejection) {
            let flow = try ControlFlow(program)
            try checkMaps(program, flow, maps)
            let liveness = Liveness(program, flow, maps: maps)
            var steps = program.instructions.enumerated().map { Step($1, at: $0) }
            steps.append(Step(Instruction(opcode: 0x95), at: steps.count))
            func explorer(isExact: Bool) -> Explorer {
                Explorer(
                    program, type: type, maps: maps, options: options, flow: flow, liveness: liveness, steps: steps,
                    isExact: isExact, cpuStart: start)
            }
            for isExact in [false, true] {
                let attempt = explorer(isExact: isExact)
                attempt.observer = observer
                attempt.log = log
                do throws(Rejection) {
                    defer {
                        attempt.noteStateBytes()
                        verdict.statistics.add(attempt.statistics)
                    }
                    try attempt.run()
                    if !PlantedFlaw.isPlanted(.stackDepthIgnored) { try flow.checkStack(attempt.stackDepths) }
                } catch {
                    // What was forgotten may be what was missing.
                    if attempt.hasForgotten && !isExact && error.category != .timeLimit {
                        log?.write("refused: \(error.reason)\nagain, forgetting nothing")
                        continue
                    }
                    throw explain(error, attempt, explorer(isExact: true))
                }
                verdict.facts = attempt.facts
                break
            }
            try checkOffer(program, maps, options)
        } catch {
            verdict.rejection = complete(error, program)
        }
        verdict.statistics.cpuMicroseconds = Int((Explorer.threadNanoseconds() &- start) / 1000)
        verdict.log = log?.text
        return verdict
    }

    /// Adds the path that led to the flaw.
    private static func explain(_ rejection: Rejection, _ attempt: Explorer, _ replay: Explorer) -> Rejection {
        var rejection = rejection
        let path = attempt.history.path(to: attempt.place)
        guard !path.isEmpty, path.count <= 200_000 else { return rejection }
        rejection.path = PathReport(replay, path: path).steps(of: attempt.failing)
        return rejection
    }

    /// Adds what the program itself tells.
    private static func complete(_ rejection: Rejection, _ program: ObjectProgram) -> Rejection {
        var rejection = rejection
        if rejection.function.isEmpty { rejection.function = program.functions.first?.name ?? program.name }
        guard let slot = rejection.instruction, program.instructions.indices.contains(slot) else { return rejection }
        rejection.disassembly = program.disassembly(slot)
        rejection.source = program.line(at: slot)
        return rejection
    }

    /// What refers to a map refers to one that there is, in code that is never run too.
    private static func checkMaps(
        _ program: ObjectProgram, _ flow: ControlFlow, _ maps: [MapDescription]
    ) throws(Rejection) {
        for (slot, instruction) in program.instructions.enumerated() where flow.operations[slot] == .lddw {
            let function = flow.functions[flow.function(at: slot)].name
            let isValue = instruction.src == WideSource.mapValue.rawValue
            guard isValue || instruction.src == WideSource.map.rawValue else { continue }
            let index = Int(instruction.imm)
            guard maps.indices.contains(index), index < MapReference.limit else {
                throw Rejection(.mapMisuse, "the program has no map \(index)", function: function, instruction: slot)
            }
            guard isValue else { continue }
            let map = maps[index]
            guard HelperTable.hasDirectValue(map.attributes) else {
                throw Rejection(
                    .mapMisuse, "the value of \(map.name) has no address: it is no array of one element",
                    function: function, instruction: slot)
            }
            let offset = UInt32(bitPattern: program.instructions[slot + 1].imm)
            guard offset < map.attributes.valueSize else {
                throw Rejection(
                    .outOfBounds,
                    "the value of \(map.name) has \(map.attributes.valueSize) bytes, none at \(offset)",
                    function: function, instruction: slot)
            }
        }
    }

    /// All that an accepted program uses and the runtime does not have, in one rejection.
    private static func checkOffer(
        _ program: ObjectProgram, _ maps: [MapDescription], _ options: Options
    ) throws(Rejection) {
        guard !options.assumeOffered else { return }
        var missing: [String] = []
        var first: Int?
        var slot = 0
        while slot < program.instructions.count {
            let instruction = program.instructions[slot]
            defer { slot += instruction.isWide ? 2 : 1 }
            switch InstructionTable.operation(of: instruction) {
            case .callHelper:
                let number = UInt32(bitPattern: instruction.imm)
                let name = helperWithReason(number)
                guard !options.offered.helpers.contains(number), !missing.contains(name) else { continue }
                missing.append(name)
            case .callKfunc:
                guard let function = KernelFunction(rawValue: instruction.imm),
                    !options.offered.helpers.contains(function.helperNumber), !missing.contains(function.name)
                else { continue }
                missing.append(function.name)
            case .lddw where instruction.src == 1 || instruction.src == 2:
                let type = maps[Int(instruction.imm)].attributes.type
                let name = "map type \(type.name)"
                guard !options.offered.mapTypes.contains(type), !missing.contains(name) else { continue }
                missing.append(name)
            default: continue
            }
            if first == nil { first = slot }
        }
        guard let first else { return }
        throw Rejection(
            .notOffered, "Swale does not offer yet: \(missing.joined(separator: ", "))", instruction: first)
    }
}

extension Verifier.Statistics {
    mutating func add(_ other: Self) {
        instructionsExplored += other.instructionsExplored
        statesStored += other.statesStored
        statesPruned += other.statesPruned
        peakStateBytes = max(peakStateBytes, other.peakStateBytes)
    }
}
