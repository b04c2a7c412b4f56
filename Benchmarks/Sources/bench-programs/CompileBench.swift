import Engine
import ISA
import Maps
import Measuring
import Object
import Subjects
import Verifier

/// What it takes to make a verified program ready to run: decode it, or compile it.
struct CompileBench {
    let folder: String
    let plan: Plan
    let table: ResultTable

    func run() throws {
        let bridge = try SwaleObject(path: "\(folder)/programs.o", engine: .interpreter)
        try run("the learning bridge", bridge.program("bridge"))
        for count in [4096, 60_000] {
            let code = ObjectProgram(name: "long", instructions: try LongProgram.instructions(count: count))
            let domain = WorkerDomain()
            let made: Program
            do throws(LoadError) {
                made = try Program(verifying: code, type: .xdp, domain: domain, trace: TraceLog())
            } catch {
                throw Failure("a program of \(count) instructions is not loaded: \(error)")
            }
            try run("\(count) instructions", made)
        }
    }

    private func run(_ name: String, _ program: Program) throws {
        Progress.say("compile \(name)")
        guard let facts = program.verification?.verdict.facts else { throw Failure("\(program.name) is not verified") }
        let domain = WorkerDomain()
        let trace = TraceLog()
        for engine in EngineChoice.allCases {
            let row = "compile \(name), \(engine.rawValue)"
            guard let options = engine.options else {
                table.addMissing(row, "no \(engine.rawValue)")
                continue
            }
            let subject = Subject.timed(operations: 1) { repeats in
                for _ in 0..<repeats {
                    _ = try Program(
                        program.code, type: program.type, maps: program.maps, domain: domain, trace: trace,
                        options: options, facts: facts, validate: false)
                }
            }
            let samples = try plan.interleave([subject])
            table.add(row, swale: Figure(samples[0][0]), baseline: "-", nil)
        }
    }
}
