import CLinux
import Engine
import HTTP
import Object

/// `POST /v1/programs/{program}/test-run`
enum TestRunRoute {
    /// Bytes of a body.
    private static let bodyLimit = 4 << 20
    /// What all runs of a request may take together.
    private static let nanoseconds: UInt64 = 5_000_000_000

    static var endpoint: Endpoint {
        Endpoint(
            method: .post, template: "/v1/programs/{program}/test-run", query: TestRunRequest.query,
            body: .required(["application/json", "application/octet-stream"]), bodyLimit: bodyLimit, place: .testRun,
            run: post)
    }

    static func post(_ context: Context) throws(Problem) -> Response {
        let state = context.control.state
        let record = try state.program(try context.program())
        let code = try record.function(context.request.query("function"))
        let type = try type(context, code, record)
        let request = try TestRunRequest(context)
        switch request.maps {
        case .copy:
            let sandbox = try load { () throws(LoadError) in
                try Sandbox(record.object, function: code.name, type: type, checksAccesses: request.trace > 0)
            }
            let run = FrameRun(program: sandbox.program, domain: sandbox.domain, slot: 0)
            var json = answer(record, request, run)
            let changes = try MapChanges(sandbox, record, state, format: request.format)
            json.set("mapChanges", .array(changes.items))
            json.set("mapChangesComplete", .bool(changes.isComplete))
            json.set("trace", .array(sandbox.trace.lines().map { .string($0.text) }))
            return context.answer(json)
        case .live:
            let program = try load { () throws(LoadError) in
                try record.object.program(function: code.name, type: type)
            }
            let domain = context.control.dataplane.domain
            let run = FrameRun(program: program, domain: domain, slot: domain.spareSlot)
            return context.answer(context.control.spareSlot.withLock { _ in answer(record, request, run) })
        }
    }

    private static func type(_ context: Context, _ code: ObjectProgram, _ record: ProgramRecord) throws(Problem)
        -> ProgramType
    {
        let asked: ProgramType? = try context.choice("type")
        guard asked != .memory else { throw .parameter("type", "memory is none of vale, xdp") }
        if let asked, let declared = code.type, asked != declared {
            throw .parameter("type", "\(code.name) is an \(declared.rawValue) program")
        }
        return asked ?? code.type ?? record.object.verifier.verify(code).type
    }

    private static func load<T>(_ body: () throws(LoadError) -> T) throws(Problem) -> T {
        do {
            return try body()
        } catch .option(let detail) {
            throw Problem(.unsupported, detail)
        } catch .map(let name, let error) {
            throw Problem(.conflict, "a copy of map \(name): \(error)")
        } catch {
            throw Problem(error)
        }
    }

    private static func answer(_ record: ProgramRecord, _ request: TestRunRequest, _ run: FrameRun) -> JSON {
        var run = run
        run.ingressPort = request.port
        run.ingressIfindex = request.ifindex
        run.ring = request.ring
        let deadline = clinux_monotonic_ns() + nanoseconds
        var packets: [JSON] = []
        var isComplete = true
        var steps = request.trace
        for frame in request.frames {
            guard clinux_monotonic_ns() < deadline else {
                isComplete = false
                break
            }
            guard request.trace == 0 else {
                let (outcome, trace) = run.trace(frame, limit: steps, deadline: deadline)
                if outcome.last.fault == .outOfTime { isComplete = false }
                var packet = json(outcome, frame, run.program)
                steps -= trace.steps.count
                packet.set("instructions", .array(Disassembly.steps(trace, run.program.code, record)))
                packet.set("instructionsComplete", .bool(!trace.isCut))
                packets.append(packet)
                continue
            }
            let outcome = run.run(frame, repetitions: request.repetitions, deadline: deadline)
            if outcome.runs < request.repetitions || outcome.last.fault == .outOfTime { isComplete = false }
            packets.append(json(outcome, frame, run.program))
        }
        return [
            "program": .string(record.name), "function": .string(run.program.name),
            "type": .string(run.program.type.rawValue), "engine": .string(run.program.engine.rawValue),
            "maps": .string(request.maps.rawValue), "repeat": .integer(request.repetitions),
            "complete": .bool(isComplete), "packets": .array(packets),
        ]
    }

    private static func json(_ outcome: FrameRun.Outcome, _ frame: [UInt8], _ program: Program) -> JSON {
        let last = outcome.last
        var counts: [String: Int] = [:]
        for (result, count) in outcome.results { counts[verdict(result, program.type), default: 0] += count }
        var json: JSON = [
            "length": .integer(frame.count), "runs": .integer(outcome.runs),
            "verdict": .string(verdict(last, program.type)),
            "value": .integer(UInt32(truncatingIfNeeded: last.value)),
            "verdicts": .object(
                counts.sorted { $0.key < $1.key }.map { JSON.Member(name: $0.key, value: .integer($0.value)) }),
            "packet": .string(Hex.text(outcome.frame)),
            "nanoseconds": .number(Double(outcome.nanoseconds) / Double(max(outcome.runs, 1))),
        ]
        if last.fault != .none { json.set("fault", .string(last.fault.name)) }
        if program.type == .vale { json.set("ring", .integer(outcome.ring)) }
        return json
    }

    private static func verdict(_ result: RunResult, _ type: ProgramType) -> String {
        result.fault == .none ? type.verdict(UInt32(truncatingIfNeeded: result.value)) : "fault"
    }
}
