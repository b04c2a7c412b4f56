import Foundation
import ISA

@testable import Verifier

/// A bounded series of programs.
public struct Campaign {
    public var seed: UInt64 = 1
    /// Index of the first program.
    public var first = 0
    public var programs = 1000
    public var seconds = 60.0
    public var inputs = 6
    /// Percent of programs that are mutated before they are tested.
    public var mutatedPercent = 30
    /// Violations after which it ends.
    public var mostViolations = 20
    /// Whether a violation's program is made as small as it can be.
    public var shrinks = true

    public init() {}

    /// What came of it.
    public struct Report: Sendable, CustomStringConvertible {
        public var seed: UInt64 = 0
        public var programs = 0
        public var accepted = 0
        public var seconds = 0.0
        public var runs = 0
        public var runsOutOfFuel = 0
        public var steps = 0
        public var explored = 0
        public var lengths: [Int] = []
        public var features: [String: Int] = [:]
        public var categories: [String: Int] = [:]
        public var violations: [Found] = []

        public var acceptedPercent: Int { programs == 0 ? 0 : accepted * 100 / programs }
        public var medianLength: Int { lengths.isEmpty ? 0 : lengths.sorted()[lengths.count / 2] }
        /// Percent of the accepted programs with this feature.
        public func share(_ feature: String) -> Int {
            accepted == 0 ? 0 : features[feature, default: 0] * 100 / accepted
        }

        public var description: String {
            let shares = GeneratedProgram.Features.named.map { "\($0.name) \(share($0.name)) %" }
            let causes = categories.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
            var text = """
                seed \(seed): \(programs) programs in \(Int(seconds)) s, \(accepted) accepted (\(acceptedPercent) %), \
                median length \(medianLength)
                of the accepted: \(shares.joined(separator: ", "))
                \(explored) instructions explored; \(runs) runs of \(steps) instructions, \(runsOutOfFuel) out of fuel
                rejected: \(causes.joined(separator: ", "))
                \(violations.count) violations

                """
            for found in violations { text += found.description }
            return text
        }
    }

    /// A violation and the smallest program that shows it.
    public struct Found: Sendable, CustomStringConvertible {
        public var index: Int
        public var violation: Violation
        public var program: GeneratedProgram
        public var description: String { "\nprogram \(index): \(violation)\n\(program.assembly)" }
    }

    /// The program of an index.
    public func program(_ index: Int) -> GeneratedProgram {
        var random = Random(seed: seed, index: index)
        let isMutated = random.chance(mutatedPercent)
        let program = ProgramGenerator.program(random)
        return isMutated ? program.mutated(&random) : program
    }

    public func run(progress: (Report) -> Void = { _ in }) -> Report {
        var report = Report()
        report.seed = seed
        let start = ContinuousClock.now
        let machine = FuzzMachine()
        for index in first..<first + programs {
            report.seconds = Double(start.duration(to: .now).components.seconds)
            if report.seconds >= seconds { break }
            let program = program(index)
            let inputSeed = seed &* 31 &+ UInt64(index)
            let outcome = machine.test(program, inputs: inputs, seed: inputSeed)
            report.programs += 1
            report.explored += outcome.explored
            report.runs += outcome.runs
            report.runsOutOfFuel += outcome.runsOutOfFuel
            report.steps += outcome.steps
            if let rejection = outcome.rejection {
                report.categories[rejection.category.rawValue, default: 0] += 1
            } else {
                report.accepted += 1
                report.lengths.append(program.instructions.count)
                for (name, feature) in GeneratedProgram.Features.named where program.features.contains(feature) {
                    report.features[name, default: 0] += 1
                }
            }
            if let violation = outcome.violation {
                let shrinker = Shrinker { smaller in
                    machine.test(smaller, inputs: inputs, seed: inputSeed).violation?.kind == violation.kind
                }
                let small = shrinks ? shrinker.shrink(program) : program
                let last = machine.test(small, inputs: inputs, seed: inputSeed).violation ?? violation
                report.violations.append(Found(index: index, violation: last, program: small))
                if report.violations.count >= mostViolations { break }
            }
            progress(report)
        }
        report.seconds = Double(start.duration(to: .now).components.seconds)
        return report
    }

    #if DEBUG
        /// The series with a flaw of `PlantedFlaw` in the verifier.
        public func run(flaw: String) -> Report? {
            PlantedFlaw(rawValue: flaw).map { flaw in PlantedFlaw.$current.withValue(flaw) { run() } }
        }

        public static var flaws: [String] { PlantedFlaw.allCases.map(\.rawValue) }
    #endif
}
