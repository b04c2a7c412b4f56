import Measuring

/// One scenario: both sides get the same frames, in turns.
struct ForwardingBench {
    private let scenario: ForwardingScenario
    private let swale: SwalePorts
    private let native: NativePorts

    init(_ scenario: ForwardingScenario, folder: String) throws {
        self.scenario = scenario
        swale = try SwalePorts(scenario, folder: folder)
        native = try NativePorts(scenario)
    }

    func run(_ plan: Plan, _ table: ResultTable) throws {
        let samples = try plan.interleave([swale.subject, native.subject])
        let figures = samples.map { Figure($0[0]) }
        table.add(scenario.name, swale: figures[0], baseline: native.name, figures[1])
        table.addRate(scenario.name, threads: 1, swale: figures[0], baseline: native.name, figures[1])
    }
}
