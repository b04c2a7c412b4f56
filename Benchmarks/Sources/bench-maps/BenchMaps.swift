import Engine
import Glibc
import Measuring
import Subjects
import Verifier

/// `bench-maps FOLDER`: Swale's maps beside the kernel's. The folder holds `maps-TYPE.o`.
@main enum BenchMaps {
    static func main() {
        Failure.report("bench-maps") {
            guard CommandLine.arguments.count == 2 else { throw Failure("usage: bench-maps FOLDER") }
            if let missing = KernelObject.missing { Progress.say("without \(KernelObject.name): \(missing)") }
            Progress.say("programs run on the \(EngineChoice.best.rawValue)")
            let table = ResultTable(suite: "maps")
            for shape in MapShape.all {
                for entries in MapShape.entryCounts {
                    try run(shape, entries, table)
                }
            }
        }
    }

    private static func run(_ shape: MapShape, _ entries: Int, _ table: ResultTable) throws {
        guard Verifier.Offer.engine.mapTypes.contains(shape.type) else {
            table.addMissing("\(shape.type.name) \(MapShape.label(entries))", "not offered")
            return
        }
        let pair = try MapPair(shape, entries: entries, folder: CommandLine.arguments[1])
        Progress.say(pair.name)
        try MapBench(pair: pair, plan: plan(entries), table: table).run()
    }

    /// What is too large for the caches is measured with what it leaves in them itself.
    private static func plan(_ entries: Int) -> Plan {
        entries < 1 << 20
            ? .fromEnvironment(full: Plan(rounds: 45, sampleNs: 1.5e6), quick: Plan(rounds: 11, sampleNs: 0.5e6))
            : .fromEnvironment(
                full: Plan(rounds: 5, samplesPerTurn: 5, sampleNs: 3e6),
                quick: Plan(rounds: 2, samplesPerTurn: 3, sampleNs: 1.5e6))
    }
}
