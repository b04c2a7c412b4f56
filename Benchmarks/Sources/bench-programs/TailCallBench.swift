import Engine
import Measuring
import Subjects

/// A tail call: what a run with as many as there may be takes longer than one without any.
struct TailCallBench {
    let folder: String
    let plan: Plan
    let table: ResultTable

    /// `MAX_TAIL_CALL_CNT`, <linux/bpf.h>.
    private static let calls = 33.0
    /// Runs in one system call, as the first of them takes 20 ms more: the kernel patches its XDP dispatcher.
    private static let kernelRuns: UInt32 = 5000

    private var path: String { "\(folder)/tail_calls.o" }

    func run() throws {
        Progress.say("tail call")
        let engines = EngineChoice.allCases.filter { $0.options != nil }
        var subjects = try engines.map(swale)
        if KernelObject.missing == nil { subjects.append(try kernel()) }
        let figures = try plan.interleave(subjects).map { Figure($0[0]) }
        for (engine, figure) in zip(engines, figures) {
            table.add(
                "tail call, \(engine.rawValue)", swale: figure, baseline: KernelObject.missing ?? KernelObject.name,
                KernelObject.missing == nil ? figures.last : nil)
        }
    }

    private func swale(_ engine: EngineChoice) throws -> Subject {
        let object = try SwaleObject(path: path, engine: engine)
        let programs = try ["tail_calls", "no_call"].map { try object.program($0) }
        let batch = FrameBatch(.none)
        let count = FrameBatch.count
        return Subject { repeats in
            let times = programs.map { program in
                Clock.time {
                    object.domain.online(0)
                    for _ in 0..<repeats {
                        program.executable.run(batch.contexts, count: count, results: batch.results, slot: 0)
                        object.domain.quiescent(0)
                    }
                    object.domain.offline(0)
                }
            }
            guard batch.results[0].fault == .none else { throw Failure("\(batch.results[0].fault.name)") }
            return [(times[0] - times[1]) / Double(repeats * count) / Self.calls]
        }
    }

    private func kernel() throws -> Subject {
        let object = try KernelObject(path: path)
        let programs = try ["tail_calls", "no_call"].map { try object.program($0) }
        let batch = FrameBatch(.none)
        return Subject { repeats in
            // Its end would close the programs.
            defer { withExtendedLifetime(object) {} }
            var total = 0.0
            for _ in 0..<repeats {
                let times = try programs.map {
                    try KernelObject.run($0, batch.first, runs: Self.kernelRuns).nanoseconds
                }
                total += times[0] - times[1]
            }
            return [total / Double(repeats) / Self.calls]
        }
    }
}
