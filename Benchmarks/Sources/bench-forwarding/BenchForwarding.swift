import Measuring
import Subjects

/// `bench-forwarding FOLDER`: frames through a switch with two ports in memory, beside the same loop in C. The folder
/// holds `programs-vale.o`.
@main enum BenchForwarding {
    static func main() {
        Failure.report("bench-forwarding") {
            guard CommandLine.arguments.count == 2 else { throw Failure("usage: bench-forwarding FOLDER") }
            let plan = Plan.fromEnvironment(
                full: Plan(rounds: 101, sampleNs: 5e6), quick: Plan(rounds: 21, sampleNs: 2e6))
            let table = ResultTable(suite: "forwarding")
            for scenario in ForwardingScenario.all {
                Progress.say(scenario.name)
                try ForwardingBench(scenario, folder: CommandLine.arguments[1]).run(plan, table)
            }
        }
    }
}
