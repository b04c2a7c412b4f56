import Measuring
import Subjects

/// `bench-programs FOLDER`: Swale's engines beside the kernel's JIT and native code. The folder holds `programs.o`,
/// `programs-vale.o` and `tail_calls.o`.
@main enum BenchPrograms {
    static func main() {
        Failure.report("bench-programs") {
            guard CommandLine.arguments.count == 2 else { throw Failure("usage: bench-programs FOLDER") }
            let folder = CommandLine.arguments[1]
            let plan = Plan.fromEnvironment(
                full: Plan(rounds: 201, sampleNs: 1e6), quick: Plan(rounds: 21, sampleNs: 0.5e6))
            if let missing = KernelObject.missing { Progress.say("without \(KernelObject.name): \(missing)") }
            let table = ResultTable(suite: "programs")
            try ProgramBench(folder: folder, plan: plan, table: table).run()
            try TailCallBench(folder: folder, plan: plan, table: table).run()
            try CompileBench(folder: folder, plan: plan, table: table).run()
        }
    }
}
