import CBaselines
import Measuring
import Object
import Subjects

/// Swale's engines beside every baseline, one scenario after the other.
struct ProgramBench {
    let plan: Plan
    let table: ResultTable
    private let swale: [SwaleProgram]
    private let baselines: [any ProgramSubject]

    init(folder: String, plan: Plan, table: ResultTable) throws {
        self.plan = plan
        self.table = table
        swale = try EngineChoice.allCases.filter { $0.options != nil }.map { try SwaleProgram($0, folder: folder) }
        let native: [any ProgramSubject] = [
            try NativeProgram(name: "native C, maps inlined") { baseline_inlined($0) },
            try NativeProgram(name: "native C, maps called") { baseline_called($0) },
            try NativeProgram(name: "native C, all inlined") { baseline_fused($0) },
        ]
        baselines = native + (KernelObject.missing == nil ? [try KernelProgram(folder: folder)] : [])
    }

    func run() throws {
        for scenario in Scenario.all {
            Progress.say(scenario.name)
            try run(scenario)
        }
    }

    private func run(_ scenario: Scenario) throws {
        let others = baselines.filter { scenario.type == .xdp || !($0 is KernelProgram) }
        let all = swale.map { $0 as any ProgramSubject } + others
        try requireAgreement(scenario, all)
        let figures = try plan.interleave(all.map { try $0.subject(scenario) }).map { Figure($0[0]) }
        for engine in EngineChoice.allCases {
            let name = "\(scenario.name), \(engine.rawValue)"
            guard let index = swale.firstIndex(where: { $0.engine == engine }) else {
                table.addMissing(name, "no \(engine.rawValue)")
                continue
            }
            for (other, figure) in zip(others, figures[swale.count...]) {
                table.add(name, swale: figures[index], baseline: other.name, figure)
            }
            if scenario.type == .xdp, let missing = KernelObject.missing {
                table.add(name, swale: figures[index], baseline: "\(KernelObject.name): \(missing)", nil)
            }
        }
    }

    /// All must do the same work.
    private func requireAgreement(_ scenario: Scenario, _ subjects: [any ProgramSubject]) throws {
        let results = try subjects.map { try $0.lastResult(scenario) }
        guard Set(results).count == 1 else {
            let each = zip(subjects, results).map { "\($0.name) \($1)" }.joined(separator: ", ")
            throw Failure("\(scenario.name): results differ: \(each)")
        }
    }
}
